/**
 * Tar as a public Node stream, in and out, by the library `tar-stream`: for programs that already speak it. Layers themselves never pass here: our own codec is an
 * order of magnitude faster and exact where tar-stream is not (owners above 2097151, times before 1970 and fractions of seconds on reading, binary extended
 * attributes, sparse files, names that are no UTF-8).
 */
import { Readable } from 'node:stream'
import { type Content, decodeName, type Inode, type Snapshot, walk } from '@layerwright/vfs'
import type { Header, Pack } from 'tar-stream'
import { LayerError, PeerMissingError, type TarEntry } from '../index.js'

/** What a member is written with; tar-stream fills the rest in. */
type Init = Partial<Header> & Pick<Header, 'name'>

const NANOS = 1_000_000_000n
const MAX_ID = 0o777777

const TYPES = { file: 'file', symlink: 'symlink', fifo: 'fifo', char: 'character-device', block: 'block-device', dir: 'directory' } as const

/**
 * A tree as a readable stream of a tar; members come as the stream is read. Values that tar-stream's own headers would change are
 * put into PAX records.
 * @throws (through the stream) LayerError LAYER_VALUE_RANGE for what tar-stream cannot write: extended attributes that are no UTF-8, names that are none
 */
export async function packTree(tree: Snapshot): Promise<Readable> {
  const { pack } = await library()
  const out = pack()
  void fill(out, tree).then(
    () => out.finalize(),
    (error: Error) => out.destroy(error),
  )
  return Readable.from(out as AsyncIterable<Uint8Array>, { objectMode: false })
}

/** An optional peer: it brings 7 MB of native helpers that a build never needs. */
async function library(): Promise<typeof import('tar-stream')> {
  try {
    return await import('tar-stream')
  } catch (cause) {
    throw new PeerMissingError('tar-stream', cause)
  }
}

async function fill(out: Pack, tree: Snapshot): Promise<void> {
  const written = new Map<Inode, string>()
  for (const { path, inode } of walk(tree)) {
    const first = inode.type === 'dir' ? undefined : written.get(inode)
    if (first === undefined) written.set(inode, path)
    const header = headerOf(path, inode, first)
    const content = inode.type === 'file' && first === undefined && inode.content.size > 0 ? inode.content : undefined
    await entry(out, header, content)
  }
}

function entry(out: Pack, header: Init, content: Content | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = out.entry(content ? { ...header, size: content.size } : header, (error) => (error ? reject(error) : resolve()))
    if (!content) {
      // Links, directories and empty files have no body to end.
      if (header.type === 'file') sink.end(null)
      return
    }
    const write = async () => {
      // A copy: the stream holds on to the chunk, whose memory the content may reuse.
      for await (const chunk of content.stream())
        if (!sink.write(Buffer.from(chunk))) await new Promise((drained) => sink.once('drain', () => drained(undefined)))
      sink.end(null)
    }
    write().catch(reject)
  })
}

function headerOf(path: string, inode: Inode, first: string | undefined): Init {
  if (!isText(path)) throw new LayerError('LAYER_VALUE_RANGE', path, 'its name is no UTF-8, which tar-stream cannot write: use writeLayer')
  const seconds = floorSeconds(inode.mtimeNs)
  const pax: Record<string, string> = Object.create(null)
  if (inode.uid > MAX_ID) pax.uid = String(inode.uid)
  if (inode.gid > MAX_ID) pax.gid = String(inode.gid)
  const nanos = inode.mtimeNs - BigInt(seconds) * NANOS
  if (nanos !== 0n || seconds < 0 || seconds > 0x7fffffff) pax.mtime = decimal(inode.mtimeNs)
  for (const [name, value] of inode.xattrs ?? []) {
    const text = decodeName(value)
    if (!isText(text))
      throw new LayerError(
        'LAYER_VALUE_RANGE',
        path,
        `its extended attribute ${name} is no UTF-8, which tar-stream cannot write: use writeLayer`,
      )
    pax[`SCHILY.xattr.${name}`] = text
  }
  if ((inode.type === 'char' || inode.type === 'block') && (inode.major > MAX_ID || inode.minor > MAX_ID))
    throw new LayerError('LAYER_VALUE_RANGE', path, 'its device numbers are above 262143, which tar-stream cannot write: use writeLayer')
  // It takes 0 for nothing and writes a default. The mode of a symlink means nothing.
  if (inode.mode === 0 && inode.type !== 'symlink')
    throw new LayerError('LAYER_VALUE_RANGE', path, 'its mode is 0, which tar-stream cannot write: use writeLayer')
  const link = first ?? (inode.type === 'symlink' ? inode.target : undefined)
  if (link !== undefined && !isText(link))
    throw new LayerError('LAYER_VALUE_RANGE', path, 'its link target is no UTF-8, which tar-stream cannot write: use writeLayer')
  return {
    name: inode.type === 'dir' ? `${path}/` : path,
    type: first === undefined ? TYPES[inode.type] : 'link',
    mode: inode.mode,
    uid: Math.min(inode.uid, MAX_ID),
    gid: Math.min(inode.gid, MAX_ID),
    mtime: new Date(Math.min(Math.max(seconds, 0), 0x7fffffff) * 1000),
    size: 0,
    pax,
    ...(link !== undefined && { linkname: link }),
    ...((inode.type === 'char' || inode.type === 'block') && { devmajor: inode.major, devminor: inode.minor }),
  }
}

const isText = (text: string): boolean => !/[\udc80-\udcff]/.test(text) || !/(?<![\ud800-\udbff])[\udc80-\udcff]/.test(text)

function floorSeconds(mtimeNs: bigint): number {
  const whole = mtimeNs / NANOS
  return Number(mtimeNs < 0n && whole * NANOS !== mtimeNs ? whole - 1n : whole)
}

function decimal(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const fraction = String(magnitude % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${magnitude / NANOS}${fraction ? `.${fraction}` : ''}`
}

const KINDS: Record<string, TarEntry['kind']> = {
  file: 'file',
  'contiguous-file': 'file',
  link: 'hardlink',
  symlink: 'symlink',
  'character-device': 'char',
  'block-device': 'block',
  directory: 'dir',
  fifo: 'fifo',
}

/**
 * The members of a tar that comes as a Node stream, for `tarTree`; contents are given to `keep`, which says where they are to be had afterwards (in
 * memory, in a blob of a store). Sparse files are refused: tar-stream does not read them.
 * @throws LayerError LAYER_VALUE_RANGE
 */
export async function readTarStream(
  input: Readable,
  keep: (chunks: AsyncIterable<Uint8Array>, size: number) => Promise<Content>,
): Promise<TarEntry[]> {
  const { extract } = await library()
  const entries: TarEntry[] = []
  const parser = extract()
  input.once('error', (error) => parser.destroy(error))
  for await (const member of input.pipe(parser)) {
    const { header } = member
    const kind = header.type ? KINDS[header.type] : undefined
    if (!kind) throw new LayerError('LAYER_VALUE_RANGE', header.name, 'tar-stream does not read members of its type: use readTar')
    const content = kind === 'file' ? await keep(member as AsyncIterable<Uint8Array>, header.size ?? 0) : undefined
    if (kind !== 'file') member.resume()
    entries.push(entryOf(header, kind, content))
  }
  return entries
}

function entryOf(header: Init, kind: TarEntry['kind'], content: Content | undefined): TarEntry {
  const pax = (header.pax ?? {}) as Record<string, string>
  const xattrs = new Map<string, Uint8Array>()
  const encoder = new TextEncoder()
  for (const [key, value] of Object.entries(pax))
    if (key.startsWith('SCHILY.xattr.')) xattrs.set(key.slice('SCHILY.xattr.'.length), encoder.encode(value))
  return {
    name: header.name,
    kind,
    linkName: header.linkname ?? '',
    mode: (header.mode ?? 0) & 0o7777,
    uid: pax.uid === undefined ? (header.uid ?? 0) : Number(pax.uid),
    gid: pax.gid === undefined ? (header.gid ?? 0) : Number(pax.gid),
    mtimeNs: pax.mtime === undefined ? BigInt(Math.floor((header.mtime?.getTime() ?? 0) / 1000)) * NANOS : parseDecimal(pax.mtime),
    major: header.devmajor ?? 0,
    minor: header.devminor ?? 0,
    xattrs: xattrs.size > 0 ? xattrs : undefined,
    content,
  }
}

function parseDecimal(text: string): bigint {
  const [, sign, whole, fraction] = /^(-?)([0-9]*)(?:\.([0-9]*))?$/.exec(text) ?? []
  const magnitude = BigInt(whole || '0') * NANOS + BigInt((fraction ?? '').slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -magnitude : magnitude
}
