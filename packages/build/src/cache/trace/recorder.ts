import { type ExecMount, type FileAccess, tracedFiles } from '@layerwright/executor'
import { type FileSystem, type Inode, isFsError, type LayerChange, lookup, type Snapshot, snapshotView } from '@layerwright/vfs'
import { ACCOUNTS, canBeTraced, ENGINE, KERNEL, type TracedBind } from './binds.js'
import { finderIn, type Look } from './looks.js'

/** All that a command that ran depended on in the tree, the binds and the environment it was given. */
export interface Trace {
  /** Sorted, none twice. */
  readonly looks: readonly Look[]
  /** Names of variables, sorted; undefined: all of them. */
  readonly env: readonly string[] | undefined
}

export interface Recorder {
  onAccess(access: FileAccess): void
  /** What was recorded, with what the changes that the command left rest on; or why it can't be used again, as a text. */
  finish(changes: readonly LayerChange[]): Trace | string
}

export interface Recorded {
  readonly lower: Snapshot
  readonly cwd: string
  /** What lies below one is no part of the tree: it is one of `binds`, or keyed as a whole. */
  readonly mounts: readonly ExecMount[]
  readonly binds: readonly TracedBind[]
}

/** Kinds of looks as bits, in the order in which those at one path are kept. */
const BITS: Readonly<Record<Look[0], number>> = { lookup: 1, mode: 2, read: 4, readdir: 8, stat: 16, tree: 32 }
const KINDS = Object.entries(BITS) as [Look[0], number][] // type-ok: its own keys

/** By path, the kinds that were told, as bits. */
type Looks = Map<string, number>

/** Mount points, each with the number of the bind that is looked into there; -1 for what is keyed as a whole. */
type Places = ReadonlyMap<string, number>

export function recordTrace({ lower, cwd, mounts, binds }: Recorded): Recorder {
  /** In the tree itself, below mounts too. */
  const own: Looks = new Map()
  /** In what the command saw. */
  const seen: Looks = new Map()
  const env = new Set(['HOME', 'PATH'])
  let failed: string | undefined
  const onAccess = (access: FileAccess): void => {
    if (access.kind === 'env') env.add(access.name)
    else if (access.kind === 'untraced') failed ??= access.reason
    else add(seen, access.path, BITS[access.kind])
  }

  const before = tracedFiles(snapshotView(lower), (access) => {
    if (access.kind !== 'env' && access.kind !== 'untraced') add(own, access.path, BITS[access.kind])
  })
  attempt(() => before.stat(cwd).mode)
  for (const path of ACCOUNTS) attempt(() => before.open(path))
  for (const path of [...ENGINE, ...mounts.map(({ target }) => target)]) before.exists(path)
  const numbers = mounts.map(({ target }) => binds.findIndex((bind) => bind.target === target))
  const real = mounts.map(({ target }) => realPath(before, target))
  const places = new Map(KERNEL.map((path) => [path, -1]))
  for (const [i, place] of real.entries()) {
    places.set(place, numbers[i]!)
    if (numbers[i]! >= 0 && !canBeTraced(place, real.toSpliced(i, 1)))
      failed ??= 'a link leads one of its mounts into another, or over what is looked at before it begins'
  }
  const placeOf = nearest((path) => (places.has(path) ? path : undefined))
  for (const [path, type] of wayInto(seenAt(before, cwd, placeOf), placeOf, places, binds)) {
    if (type === 'symlink') failed ??= 'a link in a bind mount leads to its working directory'
    add(seen, path, BITS.mode)
  }

  return {
    onAccess,
    finish(changes) {
      if (failed !== undefined) return failed
      const inBinds = binds.map((): Looks => new Map())
      for (const [path, bits] of seen) {
        const place = placeOf(path)
        if (place === undefined) add(own, path, bits)
        else {
          const looks = inBinds[places.get(place)!]
          if (looks) add(looks, path.slice(place.length) || '/', bits)
        }
      }
      for (const { path, inode } of changes)
        if (placeOf(`/${path}`) === undefined) add(own, `/${path}`, inode?.type === 'dir' ? BITS.stat : BITS.tree)
      // What was written to a bind is gone; what it was written over counts as looked at all the same.
      for (const [i, { source, subpath, readonly }] of mounts.entries()) {
        const looks = inBinds[numbers[i]!]
        if (!looks || readonly || !('changes' in source)) continue
        for (const { path } of source.changes()) add(looks, subpath === undefined ? `/${path}` : '/', BITS.tree)
      }
      const looks = withoutImplied(own, finderIn(lower, ''))
      for (const [i, { root, at }] of binds.entries()) {
        for (const [kind, path] of withoutImplied(inBinds[i]!, finderIn(root, at))) looks.push([kind, path, i])
      }
      return { looks, env: env.has('') ? undefined : [...env].sort() }
    },
  }
}

function add(looks: Looks, path: string, bits: number): void {
  looks.set(path, (looks.get(path) ?? 0) | bits)
}

/**
 * What is said of a path, or else of the nearest directory above it. Neighbours share what is known of their directory.
 * @param of asked for what is said of one path; never of the root
 */
function nearest<T>(of: (path: string) => T | undefined): (path: string) => T | undefined {
  const folders = new Map<string, T | undefined>([['', undefined]])
  const folder = (path: string): T | undefined => {
    if (folders.has(path)) return folders.get(path)
    const known = at(path)
    folders.set(path, known)
    return known
  }
  const at = (path: string): T | undefined => of(path) ?? folder(above(path))
  return at
}

const above = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** The names on the way to a working directory that lies in a bind: whoever starts the command goes there before its first call. */
function* wayInto(
  cwd: string,
  placeOf: (path: string) => string | undefined,
  places: Places,
  binds: readonly TracedBind[],
): Generator<readonly [path: string, type: string | undefined]> {
  const place = placeOf(cwd)
  const bind = place === undefined ? undefined : binds[places.get(place)!]
  if (!bind || place === undefined) return
  let path = place
  yield [path, 'dir']
  for (const name of cwd.slice(place.length).split('/').filter(Boolean)) {
    path += `/${name}`
    yield [path, lookup(bind.root, bind.at + path.slice(place.length))?.type]
  }
}

function attempt(look: () => unknown): void {
  try {
    look()
  } catch (error) {
    if (!isFsError(error)) throw error // that it is not there was told
  }
}

/** Where a mount point really is; the part that is missing will be made as it stands. */
function realPath(files: FileSystem, path: string): string {
  const missing: string[] = []
  let place = path.replace(/\/+$/, '')
  while (place !== '' && !files.exists(place)) {
    const cut = place.lastIndexOf('/')
    missing.unshift(place.slice(cut))
    place = place.slice(0, cut)
  }
  const there = place === '' ? '' : files.realpath(place)
  return (there === '/' ? '' : there) + missing.join('')
}

/** Where a path leads that may go through a mount; what comes behind that is taken as it stands. */
function seenAt(files: FileSystem, path: string, placeOf: (path: string) => string | undefined): string {
  const names = path.split('/').filter(Boolean)
  for (let i = 1; i <= names.length; i++) {
    const place = realPath(files, `/${names.slice(0, i).join('/')}`)
    if (placeOf(place) !== undefined) return [place, ...names.slice(i)].join('/')
  }
  return realPath(files, path)
}

/** What is known of a directory, for the looks at what lies in it. */
interface Folder {
  readonly inode: Inode | undefined
  /** A look at it, or above, tells that nothing lies below. */
  readonly ended: boolean
  readonly listed: boolean
}

/**
 * What of all looks has to be asked again, sorted. Nothing lies below a name that is not there, or is no directory, as long as that name is answered
 * so; to every look at a name, that it is missing is the same answer; a listing tells what everything in it is, but for where links lead.
 */
function withoutImplied(looks: Looks, find: ReturnType<typeof finderIn>): Look[] {
  const lists = (path: string): boolean => ((looks.get(path) ?? 0) & BITS.readdir) !== 0
  const folders = new Map<string, Folder>([['', { inode: find('/'), ended: false, listed: lists('/') }]])
  const folderAt = (path: string): Folder => {
    const known = folders.get(path)
    if (known) return known
    const parent = folderAt(above(path))
    const inode = entryOf(parent.inode, path)
    const directory = inode?.type === 'dir'
    const folder = { inode, ended: parent.ended || (looks.has(path) && !directory), listed: directory && lists(path) }
    folders.set(path, folder)
    return folder
  }
  const kept: Look[] = []
  for (const [path, bits] of looks) {
    const { inode, ended, listed } = folderAt(above(path))
    if (ended) continue
    const there = path === '/' ? inode : entryOf(inode, path)
    const asked = there ? needed(bits) : BITS.lookup
    if (asked === BITS.lookup && listed && path !== '/' && there?.type !== 'symlink') continue
    for (const [kind, bit] of KINDS) if ((asked & bit) !== 0) kept.push([kind, path])
  }
  return kept.sort((a, b) => (a[1] === b[1] ? BITS[a[0]] - BITS[b[0]] : a[1] < b[1] ? -1 : 1))
}

const entryOf = (folder: Inode | undefined, path: string): Inode | undefined =>
  folder?.type === 'dir' ? folder.entries.get(path.slice(path.lastIndexOf('/') + 1)) : undefined

/** Every other look tells what the name is, `stat` tells the mode; `tree` tells all but the other names of a file, which `stat` has. */
function needed(bits: number): number {
  if ((bits & BITS.tree) !== 0) return bits & (BITS.tree | BITS.stat)
  return (bits & BITS.stat) !== 0 ? bits & ~(BITS.lookup | BITS.mode) : bits > BITS.lookup ? bits & ~BITS.lookup : bits
}
