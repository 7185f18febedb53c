/**
 * A host folder as a frozen tree: the walk over a build context. Synchronous, because that is five times cheaper than any
 * asynchronous form; bytes are not read. It reads whatever its own user can read below the folder that it is given, and never
 * enters a directory through a link.
 */
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { FsError, TreeLimitError } from '../errors.js'
import { deviceInode, dirInode, fifoInode, fileInode, symlinkInode } from '../inode.js'
import { limits } from '../limits.js'
import { compareNames, decodeName } from '../names.js'
import { ListedEntries } from '../tree/listed.js'
import type { Attributes, Inode, Snapshot } from '../types.js'
import { hostError, onHost } from './errno.js'
import { msOf } from './host-content.js'
import { deviceNumbers, typeOfStat } from './host-stat.js'
import { join } from './rooted.js'
import type { StatCache } from './stat-cache.js'
import { CachedFiles, cachedContent, TreeContent } from './tree-content.js'

/** Which paths of a folder are taken, asked parents first. */
export interface TreeFilter {
  /**
   * @param path relative to the folder, `/`-separated
   * @param parentState what this filter gave as `state` for the directory it lies in; `undefined` at the top
   * @returns whether the path itself is taken; for a directory, whether anything below it may be (it is entered only then); and
   * what the filter wants to be told for the paths below it. A directory that is entered but not taken appears only if
   * something below it is.
   */
  visit(path: string, isDir: boolean, parentState: unknown): { readonly keep: boolean; readonly descend: boolean; readonly state: unknown }
}

/** How a folder is read. */
export interface ReadHostTreeOptions {
  readonly filter?: TreeFilter
  /** `keep` the host's times (default), or set all to one. */
  readonly times?: 'keep' | { readonly mtimeNs: bigint }
  /** Everything belongs to 0:0 (default), or to whom it does on the host. */
  readonly owner?: 'root' | 'keep'
  /** Digests of files known from earlier walks; learns those that are worked out later on contents of this tree. */
  readonly statCache?: StatCache
}

/**
 * Reads the names and attributes of everything below `dir`. Hard links among them become one inode; sockets are left out, as
 * the reference implementation does; extended attributes are not read (Node cannot). Contents are references: reading one that
 * changed since is `ContentChangedError`.
 * @throws FsError ENOENT, ENOTDIR, EACCES … with the path on the host.
 * @throws TreeLimitError
 */
export function readHostTree(dir: string, options: ReadHostTreeOptions = {}): Snapshot {
  const stat = onHost('readdir', dir, () => lstatSync(`${dir}/.`, { bigint: true }))
  const reader = new Reader(options)
  return dirInode(reader.read(dir, '', undefined, 0), reader.attributes(stat))
}

class Reader {
  readonly #filter: TreeFilter | undefined
  readonly #cached: CachedWalk | undefined
  readonly #mtimeNs: bigint | undefined
  readonly #keepOwner: boolean
  readonly #links = new Map<string, Inode>()

  constructor({ filter, times = 'keep', owner = 'root', statCache }: ReadHostTreeOptions) {
    this.#filter = filter
    this.#cached = statCache && { cache: statCache, startedMs: Date.now() }
    this.#mtimeNs = times === 'keep' ? undefined : times.mtimeNs
    this.#keepOwner = owner === 'keep'
  }

  /** The entries of one directory that the filter takes. `folder` is its path on the host, `prefix` its path in the tree and a slash. */
  read(folder: string | Buffer, prefix: string, state: unknown, depth: number): ReadonlyMap<string, Inode> {
    if (depth > limits.treeDepth) throw new TreeLimitError(prefix, `the folder is deeper than ${limits.treeDepth} directories`)
    const [names, nodes]: [string[], (Inode | number)[]] = [[], []]
    for (const entry of listSorted(folder)) {
      const { name } = entry
      const isDir = entry.isDirectory()
      const verdict = this.#filter?.visit(prefix + name, isDir, state) ?? TAKE
      const enter = isDir && verdict.descend
      if ((!verdict.keep && !enter) || entry.isSocket()) continue
      const place = join(folder, name)
      const below = enter ? this.read(place, `${prefix}${name}/`, verdict.state, depth + 1) : undefined
      if (!verdict.keep && below?.size === 0) continue
      const node = this.#node(folder, name, place, prefix, below)
      if (node === undefined) continue
      names.push(name)
      nodes.push(node)
    }
    return this.#entries(folder, names, nodes)
  }

  #entries(folder: string | Buffer, names: readonly string[], nodes: (Inode | number)[]): ReadonlyMap<string, Inode> {
    if (this.#cached && this.#mtimeNs !== undefined && nodes.some((node) => typeof node === 'number'))
      return new ListedEntries(names, nodes, new CachedFiles(folder, this.#cached.cache, this.#mtimeNs))
    const entries = new Map<string, Inode>()
    for (let i = 0; i < names.length; i++) entries.set(names[i]!, nodes[i] as Inode)
    return entries
  }

  /** An inode, or the slot that the cache has for a file. */
  #node(
    folder: string | Buffer,
    name: string,
    place: string | Buffer,
    prefix: string,
    below: ReadonlyMap<string, Inode> | undefined,
  ): Inode | number | undefined {
    const stat = this.#stat(place)
    if (stat.isDirectory()) return dirInode(below, this.attributes(stat))
    if (below) throw new FsError('ENOTDIR', 'readdir', hostPath(place), { detail: 'it was a directory a moment ago' })
    const key = stat.nlink > 1 ? inodeKey(place) : undefined
    const linked = key === undefined ? undefined : this.#links.get(key)
    if (linked) return linked
    const node = this.#leaf(folder, name, prefix, stat)
    if (key !== undefined && node !== undefined) this.#links.set(key, node as Inode)
    return node
  }

  #stat(place: string | Buffer): AnyStats {
    try {
      // Nanoseconds and whole inode numbers cost a seventh more: only where they are kept.
      return this.#mtimeNs === undefined ? lstatSync(place, BIGINT) : lstatSync(place)
    } catch (error) {
      throw hostError('lstat', hostPath(place), error)
    }
  }

  #leaf(folder: string | Buffer, name: string, prefix: string, stat: AnyStats): Inode | number | undefined {
    const type = typeOfStat(stat)
    if (type === 'file') return this.#file(folder, name, prefix, stat)
    const attributes = this.attributes(stat)
    switch (type) {
      case 'symlink': {
        const place = join(folder, name)
        const target = onHost('readlink', hostPath(place), () => readlinkSync(place, { encoding: 'buffer' }))
        return symlinkInode(decodeName(target), attributes)
      }
      case 'fifo':
        return fifoInode(attributes)
      case 'char':
      case 'block': {
        const exact = lstatSync(join(folder, name), BIGINT)
        const { major, minor } = deviceNumbers(exact) as { major: number; minor: number }
        return deviceInode(type, major, minor, attributes)
      }
      default:
        return undefined
    }
  }

  #file(folder: string | Buffer, name: string, prefix: string, stat: AnyStats): Inode | number {
    const size = Number(stat.size)
    const mtimeMs = msOf(stat.mtimeMs, (stat as Partial<BigIntStats>).mtimeNs)
    if (!this.#cached) return fileInode(new TreeContent(folder, name, size, mtimeMs), this.attributes(stat))
    const { cache, startedMs } = this.#cached
    const ctimeMs = msOf(stat.ctimeMs, (stat as Partial<BigIntStats>).ctimeNs)
    const slot = cache.ask(prefix, name, size, mtimeMs, ctimeMs, Number(stat.ino), Number(stat.mode), startedMs)
    if (this.#mtimeNs !== undefined && !this.#keepOwner && Number(stat.nlink) === 1) return slot
    return fileInode(cachedContent(folder, name, cache, slot), this.attributes(stat))
  }

  attributes(stat: AnyStats): Attributes {
    const mode = Number(stat.mode) & 0o7777
    const mtimeNs = this.#mtimeNs ?? (stat as BigIntStats).mtimeNs
    return this.#keepOwner ? { mode, uid: Number(stat.uid), gid: Number(stat.gid), mtimeNs } : { mode, uid: 0, gid: 0, mtimeNs }
  }
}

const BIGINT = { bigint: true } as const

/** With `bigint` where times are kept, without where they are not. */
type AnyStats = BigIntStats | Stats

/** Which inode it is. As whole numbers: two that are rounded to one would make two files a hard link. */
function inodeKey(place: string | Buffer): string {
  const { dev, ino } = lstatSync(place, BIGINT)
  return `${dev}:${ino}`
}
const TAKE = { keep: true, descend: true, state: undefined } as const

/** What of a `Dirent` is needed. */
interface Listed {
  readonly name: string
  isDirectory(): boolean
  isSocket(): boolean
}

// Above it, and in a name that Node could not decode, code units and bytes may be ordered differently.
const HIGH = /[\ud800-\uffff]/

/** Names by their bytes. Only a directory that holds a name which is not UTF-8 is listed a second time, as bytes. */
function listSorted(folder: string | Buffer): readonly Listed[] {
  const entries = onHost('readdir', hostPath(folder), () => readdirSync(folder, { withFileTypes: true }))
  let sorted = true
  for (let i = 0; i < entries.length; i++) {
    const { name } = entries[i]!
    if (HIGH.test(name)) return listRaw(folder)
    sorted &&= i === 0 || entries[i - 1]!.name < name
  }
  // Node asks the C library for sorted names already.
  return sorted ? entries : entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function listRaw(folder: string | Buffer): readonly Listed[] {
  const entries = onHost('readdir', hostPath(folder), () => readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }))
  return entries
    .map((entry) => ({ name: decodeName(entry.name), isDirectory: () => entry.isDirectory(), isSocket: () => entry.isSocket() }))
    .sort((a, b) => compareNames(a.name, b.name))
}

/** A path for a message. */
const hostPath = (path: string | Buffer): string => (typeof path === 'string' ? path : decodeName(path))

/** A walk with a cache. When it began stands for the moment at which each of its files was looked at: earlier is safe. */
interface CachedWalk {
  readonly cache: StatCache
  readonly startedMs: number
}
