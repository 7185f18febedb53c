import type { FileAccess } from '@layerwright/executor'
import { contentDigest, type DirInode, type Inode, knownDigest, linkCounts, type Snapshot, sortedNames, treeDigest } from '@layerwright/vfs'

/** What a command looked at in the tree it was given, each as `FileAccess` has it. */
export type Look = readonly [kind: Exclude<FileAccess['kind'], 'env' | 'untraced'>, path: string]

const KINDS: ReadonlySet<unknown> = new Set<Look[0]>(['lookup', 'mode', 'stat', 'read', 'readdir', 'tree'])

/** Whether something from elsewhere is a look. */
export const isLook = (kind: unknown, path: unknown): boolean => KINDS.has(kind) && typeof path === 'string' && path[0] === '/'

/**
 * What a tree answers to looks, one text each. Two trees with the same answers are the same to a command that looks at nothing else. Paths are real: a
 * link on the way is not followed, because where there was none it would be another answer to another look.
 */
export async function answersOf(root: Snapshot, looks: readonly Look[], signal?: AbortSignal): Promise<string[]> {
  const find = finder(root)
  const groups = linkGroups(root)
  const answers: string[] = []
  for (const [kind, path] of looks) {
    signal?.throwIfAborted()
    const inode = find(path)
    const given = inode ? answer(kind, inode, groups) : 'missing'
    // A promise for each of thousands of looks would cost as much as the answers.
    answers.push(typeof given === 'string' ? given : await given)
  }
  return answers
}

function answer(kind: Look[0], inode: Inode, groups: (inode: Inode) => string): string | Promise<string> {
  if (kind === 'tree') return treeDigest(inode, 'exact')
  const name = inode.type === 'symlink' ? `symlink ${JSON.stringify(inode.target)}` : inode.type
  switch (kind) {
    case 'lookup':
      return name
    case 'mode':
      return `${name} ${owner(inode)}`
    case 'stat':
      return `${name} ${owner(inode)} ${inode.mtimeNs} ${rest(inode)} ${groups(inode)}`
    case 'read':
      return inode.type === 'file' ? (knownDigest(inode.content) ?? contentDigest(inode.content)) : name
    case 'readdir':
      return inode.type === 'dir' ? listing(inode) : name
  }
}

function owner({ mode, uid, gid, xattrs }: Inode): string {
  const attributes = [...(xattrs ?? [])].map(([name, value]) => [name, [...value]])
  return `${mode.toString(8)} ${uid}:${gid}${attributes.length > 0 ? ` ${JSON.stringify(attributes)}` : ''}`
}

const rest = (inode: Inode): string =>
  inode.type === 'file'
    ? String(inode.content.size)
    : inode.type === 'char' || inode.type === 'block'
      ? `${inode.major}:${inode.minor}`
      : ''

/** Names are quoted by JSON, so no two listings are one text. */
const listing = (dir: DirInode): string => JSON.stringify(sortedNames(dir.entries).map((name) => [name, dir.entries.get(name)!.type]))

/** For a file with several names: all of them, because a program can tell which names are one file. */
function linkGroups(root: Snapshot): (inode: Inode) => string {
  let names: Map<Inode, string[]> | undefined
  return (inode) => {
    if (!linkCounts(root).has(inode)) return ''
    names ??= namesOfLinked(root)
    return JSON.stringify(names.get(inode))
  }
}

function namesOfLinked(root: Snapshot): Map<Inode, string[]> {
  const linked = linkCounts(root)
  const names = new Map<Inode, string[]>()
  const visit = (dir: DirInode, prefix: string): void => {
    for (const name of sortedNames(dir.entries)) {
      const inode = dir.entries.get(name)!
      if (inode.type === 'dir') visit(inode, `${prefix}${name}/`)
      else if (linked.has(inode)) names.set(inode, [...(names.get(inode) ?? []), prefix + name])
    }
  }
  visit(root, '/')
  return names
}

/** What lies at a real path. Neighbours share the way to their directory. */
export function finder(root: Snapshot): (path: string) => Inode | undefined {
  const folders = new Map<string, Inode | undefined>([['', root]])
  const folder = (path: string): Inode | undefined => {
    if (folders.has(path)) return folders.get(path)
    const inode = at(path)
    folders.set(path, inode)
    return inode
  }
  const at = (path: string): Inode | undefined => {
    const cut = path.lastIndexOf('/')
    const parent = folder(path.slice(0, cut))
    return parent?.type === 'dir' ? parent.entries.get(path.slice(cut + 1)) : undefined
  }
  return (path) => (path === '/' ? root : at(path))
}
