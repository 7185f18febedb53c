import { type Compression, type Decompress, detectCompression, readTar, type TarEntry } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { type Content, deviceInode, fifoInode, fileInode, type Inode, memoryContent, type Overlay, symlinkInode } from '@layerwright/vfs'
import type { Owner } from '../copy/owner.js'
import { lstatOrNone, makeDirectories, resolveTarget } from '../copy/target.js'
import { BadArchiveError, CannotReplaceError, TooManyLinksError } from '../errors.js'
import { MAX_ARCHIVE_IN_MEMORY } from '../limits.js'
import { MAX_LINKS } from '../links.js'
import { cleanPath, joinPath } from '../paths.js'

const BLOCK = 512

/**
 * The members of an archive that ADD unpacks, decided by content: a tar, plain or compressed, with at least one header. Anything else,
 * a zip or a compressed file that holds no tar among them, is no archive: undefined.
 * @throws BadArchiveError for one that begins well and is broken later
 */
export async function readArchive(name: string, content: Content, store: Store, decompress: Decompress): Promise<TarEntry[] | undefined> {
  const kind = detectCompression(await firstBytes(content.stream(0, Math.min(content.size, BLOCK))))
  let block: Uint8Array
  try {
    block = await firstBytes(decompress(content.stream(), kind))
  } catch (error) {
    if ((error as { code?: string }).code === 'COMPRESSION_UNSUPPORTED') throw new BadArchiveError(name, error)
    return undefined
  }
  if (!isTarHeader(block)) return undefined
  try {
    return await readTar(kind === 'none' ? content : await inflate(content, kind, store, decompress))
  } catch (error) {
    throw new BadArchiveError(name, error)
  }
}

async function firstBytes(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const block = new Uint8Array(BLOCK)
  let size = 0
  for await (const chunk of stream) {
    const part = chunk.subarray(0, BLOCK - size)
    block.set(part, size)
    size += part.length
    if (size === BLOCK) break
  }
  return block.subarray(0, size)
}

/** A header block whose checksum is right (POSIX ustar: the sum of its bytes, the checksum's own taken as spaces). */
function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block.every((byte) => byte === 0)) return false
  const stated = Number.parseInt(new TextDecoder('latin1').decode(block.subarray(148, 156)).replaceAll('\0', ' ').trim(), 8)
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!
  return sum === stated
}

/** The plain bytes: in memory when they are few, else as a blob of the store. */
async function inflate(content: Content, kind: Compression, store: Store, decompress: Decompress): Promise<Content> {
  const parts: Uint8Array[] = []
  let size = 0
  let writer: ReturnType<Store['writer']> | undefined
  try {
    for await (const chunk of decompress(content.stream(), kind)) {
      size += chunk.length
      if (!writer && size > MAX_ARCHIVE_IN_MEMORY) {
        writer = store.writer()
        for (const part of parts.splice(0)) writer.write(part)
      }
      if (writer) writer.write(chunk)
      else parts.push(chunk.slice())
    }
    if (writer) return await writer.commit({ size })
    const bytes = new Uint8Array(size)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return memoryContent(bytes)
  } finally {
    writer?.abort()
  }
}

/**
 * Unpacks members below a destination, one after the other, as a process would whose root directory the destination is: names that climb are clamped to it, and
 * links on the way, absolute ones too, lead to places inside it. A member replaces what lies at its name, except that directories merge. Owners, modes and
 * times come from the archive, `owner` beats its owners; a hard link gives its own to the file that it is another name of. The destination itself keeps its attributes,
 * whatever a `./` member says.
 * @throws CannotReplaceError, TooManyLinksError
 */
export function placeArchive(overlay: Overlay, entries: readonly TarEntry[], dest: string, owner: Owner | undefined): void {
  const top = resolveTarget(overlay, dest)
  makeDirectories(overlay, top, { mode: 0o755, owner })
  const times = new Map<string, bigint>()
  for (const entry of entries) {
    const name = cleanPath(entry.name)
    if (name === '/') continue
    const path = locate(overlay, top, name, true)
    const there = lstatOrNone(overlay, path)
    if (there && !(there.type === 'dir' && entry.kind === 'dir')) overlay.rm(path, { recursive: true })
    const { uid, gid } = owner ?? entry
    if (entry.kind === 'hardlink') {
      overlay.link(locate(overlay, top, cleanPath(entry.linkName), false), path)
      overlay.chown(path, uid, gid, { nofollow: true })
      if (overlay.lstat(path).type === 'symlink') continue
      overlay.chmod(path, entry.mode)
      overlay.utimes(path, entry.mtimeNs)
    } else if (entry.kind === 'dir') {
      if (there?.type !== 'dir') overlay.mkdir(path)
      overlay.chown(path, uid, gid)
      overlay.chmod(path, entry.mode)
      times.set(path, entry.mtimeNs)
    } else overlay.graft(path, inodeOf(entry, uid, gid))
  }
  // Last, because whatever is made in a directory changes its time. Deepest first is not needed: setting a time changes no parent.
  for (const [path, mtimeNs] of times) if (lstatOrNone(overlay, path)?.type === 'dir') overlay.utimes(path, mtimeNs)
}

/**
 * Where a member lies: its parents with their links followed inside `top`. Parents that are missing are made where `make` says so, root's
 * whoever owns the members; but not behind a link.
 * @param name absolute and clean
 */
function locate(overlay: Overlay, top: string, name: string, make: boolean): string {
  const todo = name.slice(1).split('/')
  const last = todo.pop()!
  const at: string[] = []
  const here = (...more: string[]) => joinPath(top, [...at, ...more].join('/'))
  let links = 0
  /** How many of the parts that are left come from a link. */
  let linked = 0
  while (todo.length > 0) {
    const part = todo.shift()!
    const written = linked === 0
    if (!written) linked--
    if (part === '..') at.pop()
    if (part === '..' || part === '.' || part === '') continue
    const path = here(part)
    const stat = lstatOrNone(overlay, path)
    if (stat?.type === 'symlink') {
      if (links++ === MAX_LINKS) throw new TooManyLinksError(path)
      const target = overlay.readlink(path)
      if (target.startsWith('/')) at.length = 0 // an absolute link starts again at the destination: not a containment test
      const parts = target.split('/')
      todo.unshift(...parts)
      linked += parts.length
      continue
    }
    if (stat && stat.type !== 'dir') throw new CannotReplaceError(path, 'parent-is-file')
    if (!stat && !written) throw new CannotReplaceError(path, 'parent-is-dangling')
    if (!stat && make) {
      overlay.mkdir(path, { mode: 0o755 })
      overlay.chown(path, 0, 0)
    }
    at.push(part)
  }
  return here(last)
}

/** Of extended attributes only file capabilities survive, as in the reference's exports. */
const KEPT_XATTR = 'security.capability'

function inodeOf(entry: TarEntry, uid: number, gid: number): Inode {
  const capability = entry.xattrs?.get(KEPT_XATTR)
  const attributes = {
    mode: entry.mode,
    uid,
    gid,
    mtimeNs: entry.mtimeNs,
    ...(capability ? { xattrs: new Map([[KEPT_XATTR, capability]]) } : {}),
  }
  if (entry.kind === 'symlink') return symlinkInode(entry.linkName, attributes)
  if (entry.kind === 'fifo') return fifoInode(attributes)
  if (entry.kind === 'char' || entry.kind === 'block') return deviceInode(entry.kind, entry.major, entry.minor, attributes)
  return fileInode(entry.content ?? memoryContent(new Uint8Array(0)), attributes)
}
