import { type FileAccess, tracedFiles } from '@layerwright/executor'
import { type FileSystem, isFsError, type LayerChange, type Snapshot, snapshotView } from '@layerwright/vfs'
import type { Look } from './looks.js'

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

export function recordTrace({ lower, cwd, mounts }: Recorded): Recorder {
  const looks = new Set<string>()
  const env = new Set(['HOME', 'PATH'])
  let failed: string | undefined
  const say = (access: FileAccess): void => {
    if (access.kind === 'env') env.add(access.name)
    else if (access.kind === 'untraced') failed ??= access.reason
    else looks.add(`${access.kind} ${access.path}`)
  }

  const before = tracedFiles(snapshotView(lower), say)
  attempt(() => before.stat(cwd).mode)
  for (const path of BEFORE) attempt(() => before.open(path))
  for (const path of [...ENGINE, ...mounts]) attempt(() => before.exists(path))
  const places = mounts.map((path) => realPath(before, path))
  const hidden = new Set([...places, ...KERNEL])
  const own = new Set(looks)

  return {
    onAccess: say,
    finish(changes) {
      if (failed !== undefined) return failed
      for (const { path, inode } of changes) say({ kind: inode?.type === 'dir' ? 'stat' : 'tree', path: `/${path}` })
      const kept = [...looks].filter((look) => own.has(look) || !isHidden(hidden, partsOf(look)[1]))
      return { looks: withoutImplied(kept), env: env.has('') ? undefined : [...env].sort() }
    },
  }
}

/** A look as it is kept here, in its two parts. */
function partsOf(look: string): Look {
  const cut = look.indexOf(' ')
  // type-ok: only `say` makes them, of a look
  return [look.slice(0, cut), look.slice(cut + 1)] as unknown as Look
}

/** Whether a path is one of the places, or lies below one. */
function isHidden(places: ReadonlySet<string>, path: string): boolean {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) if (places.has(at)) return true
  return false
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

/** Every other look tells what the name is, `stat` tells the mode, and `tree` all. */
function withoutImplied(looks: readonly string[]): Look[] {
  const all = new Set(looks)
  const implied = (kind: string, path: string): boolean => {
    if (kind === 'tree') return false
    if (all.has(`tree ${path}`)) return true
    if (kind === 'lookup') return ['mode', 'stat', 'read', 'readdir'].some((other) => all.has(`${other} ${path}`))
    return kind === 'mode' && all.has(`stat ${path}`)
  }
  return looks
    .map(partsOf)
    .filter(([kind, path]) => !implied(kind, path))
    .sort((a, b) => (a[1] === b[1] ? (a[0] < b[0] ? -1 : 1) : a[1] < b[1] ? -1 : 1))
}
