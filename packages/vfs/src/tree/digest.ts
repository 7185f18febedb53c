/**
 * Merkle digests of trees. A directory's digest covers its attributes and, by name, type, attributes and digest of each
 * entry; equal digests mean equal trees. Digests of directories are remembered by identity, so a tree that shares most of its
 * directories with one that was digested before costs what differs.
 *
 * `selection` leaves times out (what COPY selects); `exact` has them (what a RUN sees).
 */
import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import { contentDigest, contentDigestSync, knownDigest } from '../content/read.js'
import { TreeLimitError } from '../errors.js'
import { limits } from '../limits.js'
import { encodeName, sortedNames } from '../names.js'
import type { DirInode, FileInode, Inode } from '../types.js'
import { linkCounts } from './links.js'

/** Which attributes count: `selection` all but times, `exact` times too. */
export type DigestStrength = 'selection' | 'exact'

// Names the encoding below: change it with any change of the encoding, because cache keys rest on these digests.
const FORMAT = 'layerwright tree 1\n'

const remembered = { selection: new WeakMap<DirInode, Digest>(), exact: new WeakMap<DirInode, Digest>() }
const whole = { selection: new WeakMap<DirInode, Digest>(), exact: new WeakMap<DirInode, Digest>() }

/** Reading at once is twice as fast as any asynchronous form; a pause after this long keeps timers and a page alive. */
const SLICE_MS = 25

/**
 * The digest of a tree, or of one inode.
 * @throws ContentSizeError, ContentChangedError, or what reading a content throws; TreeLimitError; the signal's reason.
 */
export async function treeDigest(inode: Inode, strength: DigestStrength, options: { readonly signal?: AbortSignal } = {}): Promise<Digest> {
  let pause = Date.now() + SLICE_MS
  for (const file of filesToRead(inode, strength)) {
    options.signal?.throwIfAborted()
    await contentDigest(file.content)
    if (Date.now() < pause) continue
    await new Promise((resolve) => setTimeout(resolve, 0))
    pause = Date.now() + SLICE_MS
  }
  return treeDigestSync(inode, strength)
}

/**
 * As `treeDigest`, at once.
 * @throws NotSynchronousError where a content can only be streamed.
 */
export function treeDigestSync(inode: Inode, strength: DigestStrength): Digest {
  if (inode.type !== 'dir') return sha256(encodeName(`${FORMAT}${describe(inode, strength, '')}`))
  const known = whole[strength].get(inode)
  if (known) return known
  const base = dirDigest(inode, strength, 0)
  const links = linkGroups(inode)
  const digest = links === '' ? base : sha256(encodeName(`${FORMAT}links ${base}\n${links}`))
  whole[strength].set(inode, digest)
  return digest
}

/** Files whose digest nobody knows yet, below directories whose digest nobody knows yet. */
function* filesToRead(inode: Inode, strength: DigestStrength): Generator<FileInode> {
  const pending: Inode[] = [inode]
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.type === 'file' && !knownDigest(next.content)) yield next
    else if (next.type === 'dir' && !remembered[strength].has(next)) for (const child of next.entries.values()) pending.push(child)
  }
}

function dirDigest(dir: DirInode, strength: DigestStrength, depth: number): Digest {
  const known = remembered[strength].get(dir)
  if (known) return known
  if (depth > limits.treeDepth) throw new TreeLimitError('', `the tree is deeper than ${limits.treeDepth} directories`)
  let text = `${FORMAT}${attributes(dir, strength)}\n`
  const hasher = createHasher()
  for (const name of sortedNames(dir.entries)) {
    const inode = dir.entries.get(name)!
    text +=
      inode.type === 'dir' ? `${quote(name)} dir ${dirDigest(inode, strength, depth + 1)}\n` : `${describe(inode, strength, quote(name))}\n`
    if (text.length > 1 << 16) {
      hasher.update(encodeName(text))
      text = ''
    }
  }
  const digest = hasher.update(encodeName(text)).digest()
  remembered[strength].set(dir, digest)
  return digest
}

function describe(inode: Exclude<Inode, DirInode>, strength: DigestStrength, name: string): string {
  const common = `${name} ${inode.type} ${attributes(inode, strength)}`
  switch (inode.type) {
    case 'file':
      return `${common} ${contentDigestSync(inode.content)}`
    case 'symlink':
      return `${common} ${quote(inode.target)}`
    case 'fifo':
      return common
    default:
      return `${common} ${inode.major}:${inode.minor}`
  }
}

function attributes(inode: Inode, strength: DigestStrength): string {
  let text = `${inode.mode.toString(8)} ${inode.uid}:${inode.gid}`
  if (strength === 'exact') text += ` @${inode.mtimeNs}`
  if (inode.xattrs) for (const name of sortedNames(inode.xattrs)) text += ` +${quote(name)}=${hex(inode.xattrs.get(name)!)}`
  return text
}

/** Unambiguous: its length stands before a text that may hold anything. */
const quote = (text: string): string => `${text.length}"${text}"`

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** For each file with several names in this tree: the names. A line each, in the order of the first name; '' if there is none. */
function linkGroups(root: DirInode): string {
  const counts = linkCounts(root)
  if (counts.size === 0) return ''
  const groups = new Map<Inode, string[]>()
  const visit = (dir: DirInode, prefix: string): void => {
    for (const name of sortedNames(dir.entries)) {
      const inode = dir.entries.get(name)!
      if (inode.type === 'dir') visit(inode, `${prefix}${name}/`)
      else if (counts.has(inode)) groups.set(inode, [...(groups.get(inode) ?? []), quote(prefix + name)])
    }
  }
  visit(root, '')
  return [...groups.values()].map((names) => `${names.join(' ')}\n`).join('')
}
