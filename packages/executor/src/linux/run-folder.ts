/** The folder of one run, and what is left of runs whose process was killed. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rm, rmdir, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { findIds, type Ids, isRootless } from './ids.js'
import { removeInNamespace } from './namespaced.js'

/** Who may own what in a folder decides what the layers in it look like. */
export const LAYER_FOLDERS = { all: 'layers', range: 'layers-mapped', one: 'layers-unowned' } as const

/** Trees that several commands have mounted: see `shared.ts`. */
export const SHARED_FOLDER = 'shared'

/** When a process began, in ticks since boot: with its id it names one process for ever (proc(5), stat, field 22). */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

let mark: string | undefined
/** Names this process in names of folders. */
export function processMark(): string {
  mark ??= `${process.pid}.${startOf(process.pid)}`
  return mark
}

const MARK = /^\.?(\d+)\.(\d+)-[0-9a-f]+$/
const open = new Map<string, Ids>()

/** Makes the folder of a run; the name is also the container's. */
export function makeRunFolder(root: string, ids: Ids): { readonly path: string; readonly id: string } {
  // Not counted: each worker thread of a process has a count of its own.
  const id = `${processMark()}-${randomBytes(6).toString('hex')}`
  const path = join(root, 'runs', id)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(path, { recursive: true, mode: 0o700 })
  }
  if (open.size === 0) process.once('exit', removeAll)
  open.set(path, ids)
  return { path, id }
}

/**
 * Removes it a moment later, when the next command runs and this process waits for it: what most commands leave at once, because that costs a
 * third of what it does in many small turns; what is larger beside everything else. A process that ends meanwhile finishes it first.
 */
export function removeRunFolder(path: string): void {
  const ids = open.get(path) ?? findIds()
  // First: half a folder is nothing to recover.
  rmSync(markOf(path), { force: true })
  // What a keeper has mounted goes with the directory that it is mounted on (Linux 3.18): a program for it would cost as much as the mount. Nobody here waits
  // until no processor looks at the mount any more.
  setTimeout(() => rmdir(join(path, 'root'), () => removeRest(path, ids)), MOMENT).unref()
}

function removeRest(path: string, ids: Ids): void {
  const gone = () => {
    open.delete(path)
    if (open.size === 0) process.off('exit', removeAll)
  }
  if (!isRootless(ids) && removeLittle(path)) {
    gone()
    return
  }
  for (const work of works(path)) chmodSync(work, 0o700)
  rm(path, { recursive: true, force: true }, (error) => {
    if (error && isRootless(ids)) removeInNamespace(path, ids)
    gone()
  })
}

/** Milliseconds: the next command of a chain has been started by then. */
const MOMENT = 20

/** @returns whether all of it is gone; false where there is much of it, or some of it resists */
function removeLittle(path: string): boolean {
  let left = LITTLE
  const empty = (folder: Buffer): boolean => {
    // Names are bytes. A folder that nobody works in any more, and that was nobody else's: what a name is, it stays.
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      if (left-- === 0) return false
      const place = Buffer.concat([folder, SLASH, entry.name])
      if (!entry.isDirectory()) unlinkSync(place)
      else if (!empty(place)) return false
    }
    rmdirSync(folder)
    return true
  }
  try {
    return empty(Buffer.from(path))
  } catch {
    return false
  }
}
/** Entries of a run's folder: some twenty are ours. */
const LITTLE = 100
const SLASH = Buffer.from('/')

const removeAll = (): void => {
  for (const [path, ids] of open) {
    try {
      if (!isWanted(path)) remove(path, ids)
    } catch {
      // Somebody else is at it, or what is left goes with the next executor's `sweep`.
    }
  }
}

/** Removes a folder that mounts or commands wrote in. */
export function remove(path: string, ids: Ids): void {
  try {
    // overlayfs gives its work folder no permissions at all
    for (const work of works(path)) chmodSync(work, 0o700)
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!isRootless(ids) || (code !== 'EACCES' && code !== 'EPERM')) throw error
    removeInNamespace(path, ids)
  }
}

/** Removes what overlays keep for themselves: a volatile one is mounted once. */
export function removeWorks(path: string, ids: Ids): void {
  for (const work of works(path)) remove(work, ids)
}

function works(path: string): string[] {
  const found: string[] = []
  for (const folder of ['.', ...list(join(path, 'm')).map((name) => join('m', name))]) {
    if (list(join(path, folder, 'w')).includes('work')) found.push(join(path, folder, 'w', 'work'))
  }
  return found
}

/** Names in a folder; none where there is no such folder. */
export function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Whether a name bears the mark of a process that is no more. */
function isOrphan(name: string): boolean {
  const [, pid = '', start = ''] = MARK.exec(name) ?? []
  return pid !== '' && startOf(Number(pid)) !== start
}

/** In a folder that shall outlive its process: see `recover.ts`. */
export interface RunNotes {
  readonly name: string
  readonly trees: readonly { readonly as: string; readonly at: string }[]
  /** When the machine was on. */
  readonly boot: string
  /** The kernel keeps its overlays whole on the disk: not volatile ones. */
  readonly durable: boolean
}
export const markOf = (folder: string): string => join(folder, 'recoverable')

/** Whoever wanted it has had a month. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000

const isWanted = (folder: string): boolean => {
  const stat = statSync(markOf(folder), { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs < KEPT_MS
}

/** Removes what processes left that are no more: folders of runs, halves of layers, empty control groups. */
export function sweep(root: string, ids: Ids): void {
  for (const folder of ['runs', SHARED_FOLDER, ...Object.values(LAYER_FOLDERS)]) {
    for (const name of list(join(root, folder))) {
      if (!isOrphan(name) || isWanted(join(root, folder, name))) continue
      remove(join(root, folder, name), ids)
    }
  }
  // Also those whose folder is gone already.
  const prefix = controlGroup('')
  for (const controller of ['.', ...list(CONTROL_GROUPS)]) {
    for (const name of list(join(CONTROL_GROUPS, controller))) {
      const [before, id = ''] = name.split(prefix)
      if (before === '' && isOrphan(id)) tryToRemoveControlGroups(id)
    }
  }
}

const CONTROL_GROUPS = '/sys/fs/cgroup'
/** The control group of a run, below the root of each hierarchy. */
export const controlGroup = (id: string): string => `layerwright-${id}`

/** A runtime that was killed leaves the control groups of its container, empty, or with processes that are just ending. */
export async function removeControlGroups(id: string): Promise<void> {
  for (let pause = 2; tryToRemoveControlGroups(id) && pause < LONGEST_PAUSE_MS; pause *= 2) {
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
/** The last of a sequence that doubles: about two seconds in all. Whatever is left then goes with the next executor's `sweep`. */
const LONGEST_PAUSE_MS = 1024

/** @returns whether some are still in use */
function tryToRemoveControlGroups(id: string): boolean {
  let busy = false
  for (const controller of ['.', ...list(CONTROL_GROUPS)]) {
    try {
      rmdirSync(join(CONTROL_GROUPS, controller, controlGroup(id)))
    } catch (error) {
      // It is not there, or it is a hierarchy that we may not touch: both are fine.
      busy ||= (error as NodeJS.ErrnoException).code === 'EBUSY'
    }
  }
  return busy
}
