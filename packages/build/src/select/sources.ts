import type { Digest } from '@layerwright/digest'
import { type DirInode, type Inode, lookup, type Snapshot } from '@layerwright/vfs'
import { BadPatternError, SourceNotFoundError } from '../errors.js'
import { resolveLinks } from '../links.js'
import { baseName, cleanPath } from '../paths.js'
import { goMatch, hasWildcard, isPattern } from './glob.js'

/** One thing that COPY or ADD takes. */
export interface Selected {
  /** The name it gets below a destination directory: the source's own, before its links were followed. */
  readonly name: string
  /** Where it lies in its source tree, absolute. */
  readonly path: string
  /** With the links of its path, the last one included, followed. */
  readonly inode: Inode
}

/** A tree that sources are taken from, and how an error calls it (`the build context`, `stage "build"`). */
export interface SourceTree {
  readonly root: Snapshot
  readonly where: string
  /** What to tell somebody whose file is missing. */
  readonly hint: string
  /** Its times are those of the machine: they are in no key (DESIGN, decision 2). */
  readonly hostTimes: boolean
  /** Of a stage or an image: what it was made by. */
  chain?(): Promise<Digest>
  /** Of a stage or an image: its layers. */
  diffIds?(): Promise<readonly Digest[]>
}

/**
 * What one source of COPY or ADD names. A plain path names exactly one thing and follows links; a pattern may name nothing in a directory that is
 * there, and never follows links inside itself. Paths that climb are clamped to the root of their tree.
 * @throws SourceNotFoundError for a plain path that names nothing. @throws BadPatternError
 */
export function selectSource(tree: SourceTree, source: string): Selected[] {
  const path = cleanPath(source)
  if (!hasWildcard(path)) return [{ name: baseName(path), path, inode: follow(tree, path) }]
  const parts = path.slice(1).split('/')
  const first = parts.findIndex(hasWildcard)
  const from = `/${parts.slice(0, first).join('/')}`
  const pattern = parts.slice(first).join('/')
  if (!isPattern(pattern)) throw new BadPatternError(pattern, tree.where)
  const top = find(tree, from)
  if (!top) throw new SourceNotFoundError(resolveLinks(from, linkAt(tree.root)), tree.where, tree.hint, true)
  if (top.type !== 'dir') return []
  return [...matches(top, '', pattern)].map((relative) => {
    const found = cleanPath(`${from}/${relative}`)
    return { name: baseName(found), path: found, inode: follow(tree, found) }
  })
}

/** The thing at a path, its links followed inside the tree. @throws SourceNotFoundError, TooManyLinksError */
export function follow(tree: SourceTree, path: string): Inode {
  const inode = find(tree, path)
  if (!inode) throw new SourceNotFoundError(path, tree.where, tree.hint)
  return inode
}

/** @throws TooManyLinksError */
function find({ root }: SourceTree, path: string): Inode | undefined {
  try {
    const inode = lookup(root, path, { follow: true })
    if (inode) return inode
  } catch (error) {
    if ((error as { code?: string }).code !== 'ELOOP') throw error
  }
  // Links that lead nowhere as they stand may lead somewhere by their text.
  return lookup(root, resolveLinks(path, linkAt(root)), { follow: false })
}

const linkAt = (root: Snapshot) => (path: string) => {
  const inode = lookup(root, path, { follow: false })
  return inode?.type === 'symlink' ? inode.target : undefined
}

/** Paths below a directory that match, in name order; what lies below a matched directory comes with it. */
function* matches(dir: DirInode, prefix: string, pattern: string): Generator<string> {
  for (const name of [...dir.entries.keys()].sort()) {
    const path = prefix ? `${prefix}/${name}` : name
    if (goMatch(pattern, path)) yield path
    else {
      const inode = dir.entries.get(name)!
      if (inode.type === 'dir') yield* matches(inode, path, pattern)
    }
  }
}

/** For `--parents`: where the kept path begins (`/./`), and the pattern behind it. */
export function splitPivot(source: string): { readonly root: string; readonly pattern: string } {
  const at = source.indexOf('/./')
  return at < 0
    ? { root: '/', pattern: cleanPath(source).slice(1) }
    : { root: cleanPath(source.slice(0, at)), pattern: cleanPath(source.slice(at + 3)).slice(1) }
}
