/** Hostile and odd tars are made by hand: no writer would make them. */
import { type Digest, sha256 } from '@layerwright/digest'
import { indexLayer, type Layer, type LayerStore } from '@layerwright/layer'
import { type Content, contentDigestSync, type Inode, linkCounts, memoryContent, type Snapshot, walk } from '@layerwright/vfs'

const encoder = new TextEncoder()

export interface RawMember {
  readonly name: string | Uint8Array
  /** Default a file. */
  readonly type?: string
  readonly link?: string
  readonly mode?: number
  readonly data?: string | Uint8Array
  /** Written over the header before its checksum is computed: offset and bytes. */
  readonly patch?: readonly (readonly [number, Uint8Array | string])[]
}

const bytesOf = (value: string | Uint8Array) => (typeof value === 'string' ? encoder.encode(value) : value)

export function rawMember({ name, type = '0', link = '', mode = 0o644, data = '', patch = [] }: RawMember): Uint8Array {
  const body = bytesOf(data)
  const out = new Uint8Array(512 + Math.ceil(body.length / 512) * 512)
  const put = (at: number, value: string | Uint8Array) => out.set(bytesOf(value), at)
  put(0, bytesOf(name).subarray(0, 100))
  put(100, `${mode.toString(8).padStart(7, '0')}\0`)
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${body.length.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(156, type)
  put(157, bytesOf(link).subarray(0, 100))
  put(257, 'ustar\x0000')
  for (const [at, value] of patch) put(at, value)
  put(148, '        ')
  let sum = 0
  for (let i = 0; i < 512; i++) sum += out[i]!
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  out.set(body, 512)
  return out
}

export const END = new Uint8Array(1024)

export function join(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const rawTar = (...members: RawMember[]): Uint8Array => join(...members.map(rawMember), END)

/** A PAX header before a member. */
export function pax(records: Record<string, string | Uint8Array>, type = 'x'): RawMember {
  const parts = Object.entries(records).map(([key, value]) => {
    const body = join(encoder.encode(` ${key}=`), bytesOf(value), encoder.encode('\n'))
    let length = body.length + String(body.length).length
    if (String(length).length !== String(body.length).length) length = body.length + String(length).length
    return join(encoder.encode(String(length)), body)
  })
  return { name: 'PaxHeaders/x', type, data: join(...parts) }
}

export const layerOf = async (...members: RawMember[]): Promise<Layer> => layerFrom(rawTar(...members))

export async function layerFrom(bytes: Uint8Array): Promise<Layer> {
  const blob: Content = memoryContent(bytes)
  const index = await indexLayer(blob)
  return { diffId: index.diffId, blob, index }
}

/** A tree as plain data: every attribute, contents by digest, groups of hard links. */
export function listing(tree: Snapshot): Record<string, unknown>[] {
  const groups = new Map<Inode, string>()
  const counts = linkCounts(tree)
  return [...walk(tree)].map(({ path, inode }) => {
    const { mode, uid, gid, mtimeNs } = inode
    const xattrs = inode.xattrs && [...inode.xattrs].map(([name, value]) => [name, [...value]]).sort()
    const linked = inode.type !== 'dir' && (counts.get(inode) ?? 1) > 1
    if (linked && !groups.has(inode)) groups.set(inode, path)
    const own =
      inode.type === 'file'
        ? { size: inode.content.size, digest: contentDigestSync(inode.content) }
        : inode.type === 'symlink'
          ? { target: inode.target }
          : inode.type === 'char' || inode.type === 'block'
            ? { device: [inode.major, inode.minor] }
            : {}
    return {
      path,
      type: inode.type,
      mode,
      uid,
      gid,
      mtimeNs,
      ...(xattrs ? { xattrs } : {}),
      ...own,
      ...(linked ? { linked: groups.get(inode) } : {}),
    }
  })
}

/** A store in memory, as small as the interface allows. */
export function tinyStore(): LayerStore & { readonly blobs: Map<string, Uint8Array>; readonly records: Map<string, Uint8Array> } {
  const blobs = new Map<string, Uint8Array>()
  const records = new Map<string, Uint8Array>()
  const blob = (digest: Digest): Content & { readonly digest: Digest } => {
    const inner = memoryContent(blobs.get(digest)!)
    return {
      digest,
      size: inner.size,
      stream: (start, end) => inner.stream(start, end),
      readInto: (target, offset) => inner.readInto!(target, offset),
    }
  }
  return {
    blobs,
    records,
    blob: async (digest) => (blobs.has(digest) ? blob(digest) : undefined),
    record: async (kind, key) => records.get(`${kind} ${key}`),
    putRecord: async (kind, key, bytes) => void records.set(`${kind} ${key}`, bytes),
    writer() {
      const parts: Uint8Array[] = []
      return {
        write: (bytes) => void parts.push(bytes.slice()),
        abort: () => {},
        async commit(expected) {
          const bytes = join(...parts)
          const digest = sha256(bytes)
          if (expected?.digest && expected.digest !== digest) throw Object.assign(new Error('digest'), { code: 'DIGEST_MISMATCH' })
          blobs.set(digest, bytes)
          return blob(digest)
        },
      }
    },
  }
}
