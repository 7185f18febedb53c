import { type FileAccess, tracedFiles } from '@layerwright/executor'
import { type FileSystem, isFsError, type LayerChange, type Snapshot, snapshotView } from '@layerwright/vfs'
import { finder, type Look } from './looks.js'

/** All that a command that ran depended on in the tree and the environment it was given. */
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
  /** Places of mounts: what lies below is no part of the tree, and is keyed as a whole. */
  readonly mounts: readonly string[]
}

/** Filesystems that come with the kernel, or with the simulated shell. */
const KERNEL = ['/proc', '/sys', '/dev']
/** What is looked at before a command begins: who it runs as, and what lies where an engine puts files (SEMANTICS 32). */
const BEFORE = ['/etc/passwd', '/etc/group']
const ENGINE = ['/etc/hosts', '/etc/resolv.conf', ...KERNEL]

/** Kinds of looks as bits, in the order in which those at one path are kept. */
const BITS: Readonly<Record<Look[0], number>> = { lookup: 1, mode: 2, read: 4, readdir: 8, stat: 16, tree: 32 }
const KINDS = Object.entries(BITS) as [Look[0], number][] // type-ok: its own keys

/** By path, the kinds that were told, as bits. */
type Looks = Map<string, number>

export function recordTrace({ lower, cwd, mounts }: Recorded): Recorder {
  const looks: Looks = new Map()
  const env = new Set(['HOME', 'PATH'])
  let failed: string | undefined
  const say = (access: FileAccess): void => {
    if (access.kind === 'env') env.add(access.name)
    else if (access.kind === 'untraced') failed ??= access.reason
    else looks.set(access.path, (looks.get(access.path) ?? 0) | BITS[access.kind])
  }

  const before = tracedFiles(snapshotView(lower), say)
  attempt(() => before.stat(cwd).mode)
  for (const path of BEFORE) attempt(() => before.open(path))
  for (const path of [...ENGINE, ...mounts]) before.exists(path)
  const places = new Set([...mounts.map((path) => realPath(before, path)), ...KERNEL])
  const own: Looks = new Map(looks)

  return {
    onAccess: say,
    finish(changes) {
      if (failed !== undefined) return failed
      for (const { path, inode } of changes) say({ kind: inode?.type === 'dir' ? 'stat' : 'tree', path: `/${path}` })
      const hidden = alongTheWay((path) => places.has(path))
      for (const [path, bits] of looks) {
        if (!hidden(path)) continue
        const kept = bits & (own.get(path) ?? 0)
        if (kept === 0) looks.delete(path)
        else looks.set(path, kept)
      }
      return { looks: withoutImplied(looks, lower), env: env.has('') ? undefined : [...env].sort() }
    },
  }
}

/** Whether something holds of a path or of a directory above it. Neighbours share what is known of their directory. */
function alongTheWay(holds: (path: string) => boolean): (path: string) => boolean {
  const folders = new Map<string, boolean>([['', false]])
  const folder = (path: string): boolean => {
    let known = folders.get(path)
    if (known === undefined) {
      known = at(path)
      folders.set(path, known)
    }
    return known
  }
  const at = (path: string): boolean => folder(above(path)) || holds(path)
  return at
}

const above = (path: string): string => path.slice(0, path.lastIndexOf('/'))

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

/**
 * What of all looks has to be asked again, sorted. Nothing lies below a name that is not there, or is no directory, as long as that name is answered
 * so; to every look at a name, that it is missing is the same answer.
 */
function withoutImplied(looks: Looks, lower: Snapshot): Look[] {
  const find = finder(lower)
  const ends = alongTheWay((path) => path !== '' && looks.has(path) && find(path)?.type !== 'dir')
  const kept: Look[] = []
  for (const path of [...looks.keys()].sort()) {
    if (ends(above(path))) continue
    const bits = find(path) ? needed(looks.get(path)!) : BITS.lookup
    for (const [kind, bit] of KINDS) if ((bits & bit) !== 0) kept.push([kind, path])
  }
  return kept
}

/** Every other look tells what the name is, `stat` tells the mode; `tree` tells all but the other names of a file, which `stat` has. */
function needed(bits: number): number {
  if ((bits & BITS.tree) !== 0) return bits & (BITS.tree | BITS.stat)
  return (bits & BITS.stat) !== 0 ? bits & ~(BITS.lookup | BITS.mode) : bits > BITS.lookup ? bits & ~BITS.lookup : bits
}
