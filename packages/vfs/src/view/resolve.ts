/**
 * The one walker of paths, over a table of mounts. Rooted: `..` at the root stays there and an absolute link starts again
 * at the root, so no path and no link leaves the view. Rules: path_resolution(7).
 */
import type { Mountable, Node } from '../driver.js'
import type { FsErrorCode } from '../errors.js'
import { limits } from '../limits.js'
import { byteLengthOf } from '../names.js'

/** A filesystem in its place in a view. */
export interface ViewMount {
  readonly driver: Mountable
  readonly root: Node
  readonly dev: number
  readonly readonly: boolean
}

/** The names under which mounts lie, as a tree beside the walk: a directory without mounts below has no node in it. */
export interface MountPoint {
  mount: ViewMount | undefined
  readonly children: Map<string, MountPoint>
}

export const mountPoint = (mount?: ViewMount): MountPoint => ({ mount, children: new Map() })

/** A name in a view that is watched. */
export interface SeenName {
  /** A walk looks for `name` in this directory. */
  child(name: string): SeenName
  /** A walk begins or ends here. */
  reached(): void
}

/** Where a walk stands: a node, the mount it belongs to, and how it was reached (for `..` and the real path). */
export interface Place {
  readonly parent: Place | undefined
  readonly name: string
  readonly mount: ViewMount
  readonly node: Node
  readonly points: MountPoint | undefined
  /** Where the view is watched. */
  readonly seen: SeenName | undefined
}

/** The end of a walk. */
export interface Walked {
  /** The directory of the last component. */
  readonly dir: Place
  /** The last component; `undefined` where the path ends in `.`, `..` or at the root. */
  readonly name: string | undefined
  readonly end: 'name' | 'dot' | 'dotdot' | 'root'
  /** What lies there, if anything. */
  readonly place: Place | undefined
  /** Whether the path ended in a slash, which asks for a directory. */
  readonly slash: boolean
}

/** `follow` the last link; `keep` it (unless a slash is behind it); `parent`: never look through the last component. */
export type LastLink = 'follow' | 'keep' | 'parent'

export const isDirectory = (place: Place): boolean => place.mount.driver.typeOf(place.node) === 'dir'
/** Whether a mount begins here. */
export const isMountRoot = (place: Place): boolean => place.points?.mount !== undefined && place.points.mount === place.mount

/** One step down, into a mount where one begins. */
export function step(dir: Place, name: string): Place | undefined {
  const seen = dir.seen?.child(name)
  const points = dir.points?.children.get(name)
  if (points?.mount) return { parent: dir, name, mount: points.mount, node: points.mount.root, points, seen }
  const node = dir.mount.driver.lookup(dir.node, name)
  return node && { parent: dir, name, mount: dir.mount, node, points, seen }
}

/** Walks `path` from `root`. Gives the code of the failure instead of throwing: looking for what is not there must be cheap. */
export function walkPath(root: Place, path: string, last: LastLink): Walked | FsErrorCode {
  root.seen?.reached()
  if (path === '') return 'ENOENT'
  if (path.includes('\0')) return 'EINVAL'
  // A character is at most three bytes.
  if (path.length * 3 > limits.pathBytes && byteLengthOf(path) > limits.pathBytes) return 'ENAMETOOLONG'
  // Names are cut off one by one: a list of them for every path that is walked would be most of the work.
  let rest = path
  let at = pastSlashes(path, 0)
  let slash = path.endsWith('/')
  let end: 'dot' | 'dotdot' | 'root' = 'root'
  let here = root
  let links = 0
  while (at < rest.length) {
    const cut = rest.indexOf('/', at)
    const name = cut === -1 ? rest.slice(at) : rest.slice(at, cut)
    at = cut === -1 ? rest.length : pastSlashes(rest, cut)
    const final = at === rest.length
    if (!isDirectory(here)) return 'ENOTDIR'
    if (name === '.' || name === '..') {
      if (name === '..') here = here.parent ?? here
      end = name === '.' ? 'dot' : 'dotdot'
      continue
    }
    if (name.length * 3 > limits.nameBytes && byteLengthOf(name) > limits.nameBytes) return 'ENAMETOOLONG'
    const next = step(here, name)
    if (final && (last === 'parent' || !next)) return { dir: here, name, end: 'name', place: next, slash }
    if (!next) return 'ENOENT'
    if (next.mount.driver.typeOf(next.node) !== 'symlink' || (final && last === 'keep' && !slash)) {
      if (final) {
        if (slash && !isDirectory(next)) return 'ENOTDIR'
        return { dir: here, name, end: 'name', place: next, slash }
      }
      here = next
      continue
    }
    if (++links > limits.symlinks) return 'ELOOP'
    const target = next.mount.driver.readlink(next.node)
    if (target === '') return 'ENOENT'
    rest = final ? target : `${target}/${rest.slice(at)}`
    at = pastSlashes(rest, 0)
    if (components(rest) > limits.pendingComponents) return 'ENAMETOOLONG'
    if (final) slash ||= target.endsWith('/')
    if (target.startsWith('/')) here = root
    end = 'root'
  }
  here.seen?.reached()
  return { dir: here.parent ?? here, name: undefined, end, place: here, slash }
}

function pastSlashes(path: string, at: number): number {
  let past = at
  while (path.charCodeAt(past) === SLASH) past++
  return past
}

const SLASH = 0x2f

const components = (path: string): number => path.split('/').filter((part) => part !== '').length

/** The absolute path of a place in its view. */
export function pathOf(place: Place): string {
  const names: string[] = []
  for (let at: Place | undefined = place; at?.parent; at = at.parent) names.push(at.name)
  return `/${names.reverse().join('/')}`
}
