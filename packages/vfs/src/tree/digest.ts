/**
 * Merkle digests of trees. A directory's digest covers its attributes and, by name, type, attributes and digest of each
 * entry; equal digests mean equal trees. Digests of directories are remembered by identity, so a tree that shares most of its
 * directories with one that was digested before costs what differs.
 *
 * `selection` leaves times out (what COPY selects); `exact` has them (what a RUN sees).
 */
import { createHasher, type Digest, type Hasher, sha256 } from '@layerwright/digest'
import { contentDigest, contentDigestSync, knownDigest } from '../content/read.js'
import { TreeLimitError } from '../errors.js'
import { sameAttributes } from '../inode.js'
import { limits } from '../limits.js'
import { encodeName, sortedNames } from '../names.js'
import type { Attributes, Content, DirInode, Inode } from '../types.js'
import { originOf } from './copies.js'
import { linkCounts } from './links.js'
import { ListedEntries, type ListedFiles, nodesOf } from './listed.js'

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
  if (!hasToRead(inode, strength)) return treeDigestSync(inode, strength)
  let pause = Date.now() + SLICE_MS
  for (const content of contentsToRead(inode, strength)) {
    options.signal?.throwIfAborted()
    // A promise for each of tens of thousands of small files would cost a tenth of their reading.
    if (content.readInto) contentDigestSync(content)
    else await contentDigest(content)
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
  if (inode.type !== 'dir') return sha256(encodeName(`${FORMAT} ${inode.type} ${attributes(inode, strength)}${describe(inode)}`))
  const known = whole[strength].get(inode)
  if (known) return known
  const base = dirDigest(inode, strength, 0)
  const links = linkGroups(inode)
  const digest = links === '' ? base : sha256(encodeName(`${FORMAT}links ${base}\n${links}`))
  whole[strength].set(inode, digest)
  return digest
}

/** False: its digest is known, or all that it rests on. */
const hasToRead = (inode: Inode, strength: DigestStrength): boolean =>
  inode.type === 'dir' ? !whole[strength].has(inode) : inode.type === 'file' && knownDigest(inode.content) === undefined

/** Contents whose digest nobody knows yet, below directories whose digest nobody knows yet. */
function contentsToRead(inode: Inode, strength: DigestStrength): Content[] {
  const found: Content[] = []
  const add = (child: Inode): void => {
    if (child.type === 'file' && !knownDigest(child.content)) found.push(child.content)
    else if (child.type === 'dir' && !remembered[strength].has(originOf(child))) pending.push(originOf(child))
  }
  const pending: DirInode[] = []
  add(inode)
  for (let dir = pending.pop(); dir; dir = pending.pop()) {
    const { entries } = dir
    for (const node of nodesOf(entries)) if (typeof node !== 'number') add(node)
    if (entries instanceof ListedEntries) for (const content of entries.unread()) found.push(content)
  }
  return found
}

/** Files whose lines go to the hasher together. */
const TOGETHER = 512

function dirDigest(given: DirInode, strength: DigestStrength, depth: number): Digest {
  const dir = originOf(given)
  const known = remembered[strength].get(dir)
  if (known) return known
  if (depth > limits.treeDepth) throw new TreeLimitError('', `the tree is deeper than ${limits.treeDepth} directories`)
  let [before, common]: [Attributes, string] = [dir, attributes(dir, strength)]
  // Parts, joined once: a text that grows is a tree of halves of texts for every file.
  let parts = [FORMAT, common, '\n']
  let hasher: Hasher | undefined
  const listed = dir.entries instanceof ListedEntries ? dir.entries : undefined
  const nodes = listed?.nodes
  const names = listed?.names ?? sortedNames(dir.entries)
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const node = nodes ? nodes[i]! : dir.entries.get(name)!
    if (typeof node !== 'number' && node.type === 'dir') parts.push(quote(name), ' dir ', dirDigest(node, strength, depth + 1), '\n')
    else {
      const own = typeof node === 'number' ? listed!.files.attributes(node) : node
      // Mostly neighbours have the same.
      if (!sameAttributes(own, before)) [before, common] = [own, attributes(own, strength)]
      if (typeof node === 'number') parts.push(quote(name), ' file ', common, ' ', numberedDigest(listed!.files, node, name), '\n')
      else parts.push(quote(name), ' ', node.type, ' ', common, describe(node), '\n')
    }
    if (parts.length < 8 * TOGETHER) continue
    hasher = (hasher ?? createHasher()).update(encodeName(parts.join('')))
    parts = []
  }
  const rest = encodeName(parts.join(''))
  const digest = hasher ? hasher.update(rest).digest() : sha256(rest)
  remembered[strength].set(dir, digest)
  return digest
}

function numberedDigest(files: ListedFiles, file: number, name: string): Digest {
  const unread = files.unread(file, name)
  return unread ? contentDigestSync(unread) : files.digest(file)!
}

/** What an inode is beside its name, type and attributes. */
function describe(inode: Exclude<Inode, DirInode>): string {
  switch (inode.type) {
    case 'file':
      return ` ${contentDigestSync(inode.content)}`
    case 'symlink':
      return ` ${quote(inode.target)}`
    case 'fifo':
      return ''
    default:
      return ` ${inode.major}:${inode.minor}`
  }
}

function attributes(inode: Attributes, strength: DigestStrength): string {
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
