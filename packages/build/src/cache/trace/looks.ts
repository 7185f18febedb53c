import type { FileAccess } from '@layerwright/executor'
import { contentDigest, type DirInode, type Inode, knownDigest, linkCounts, type Snapshot, sortedNames, treeDigest } from '@layerwright/vfs'
import type { TracedBind } from './binds.js'

/** What a command looked at in the tree it was given, each as `FileAccess` has it; or in the bind mount with that number, with the path in it. */
export type Look = readonly [kind: Exclude<FileAccess['kind'], 'env' | 'untraced'>, path: string, bind?: number]

/** What looks are answered by. */
export interface Looked {
  readonly root: Snapshot
  readonly binds: readonly TracedBind[]
}

const KINDS: ReadonlySet<unknown> = new Set<Look[0]>(['lookup', 'mode', 'stat', 'read', 'readdir', 'tree'])

/** Whether something from elsewhere is a look. */
export function isLook(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 2 || value.length > 3) return false
  const [kind, path, bind = 0] = value as readonly unknown[]
  return KINDS.has(kind) && typeof path === 'string' && path[0] === '/' && Number.isSafeInteger(bind) && (bind as number) >= 0
}

/**
 * What a tree answers to looks, one text each. Two trees with the same answers are the same to a command that looks at nothing else. Paths are real: a
 * link on the way is not followed, because where there was none it would be another answer to another look.
 */
export async function answersOf({ root, binds }: Looked, looks: readonly Look[], signal?: AbortSignal): Promise<string[]> {
  const tree = placeOf(root, '', true)
  const mounted = binds.map((bind) => placeOf(bind.root, bind.at, bind.times))
  const answers: string[] = []
  for (const [kind, path, bind] of looks) {
    signal?.throwIfAborted()
    const place = bind === undefined ? tree : mounted[bind]
    const inode = place?.find(path)
    const given = place && inode ? answer(kind, inode, place) : 'missing'
    // A promise for each of thousands of looks would cost as much as the answers.
    answers.push(typeof given === 'string' ? given : await given)
  }
  return answers
}

/** A tree that is looked into. */
interface Place {
  find(path: string): Inode | undefined
  /** See `linkGroups`. */
  groups(inode: Inode): string
  readonly times: boolean
}

const placeOf = (root: Snapshot, at: string, times: boolean): Place => ({ find: finderIn(root, at), groups: linkGroups(root), times })

function answer(kind: Look[0], inode: Inode, { groups, times }: Place): string | Promise<string> {
  if (kind === 'tree') return treeDigest(inode, times ? 'exact' : 'selection')
  const name = inode.type === 'symlink' ? `symlink ${JSON.stringify(inode.target)}` : inode.type
  switch (kind) {
    case 'lookup':
      return name
    case 'mode':
      return `${name} ${owner(inode)}`
    case 'stat':
      return `${name} ${owner(inode)} ${times ? inode.mtimeNs : ''} ${rest(inode)} ${groups(inode)}`
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

/** What lies at a real path below a place of a tree: '' or `/name`. Neighbours share the way to their directory. */
export function finderIn(root: Snapshot, place: string): (path: string) => Inode | undefined {
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
  const top = place === '' ? root : at(place)
  if (place === '') return (path) => (path === '/' ? top : at(path))
  return (path) => (path === '/' ? top : at(place + path))
}
