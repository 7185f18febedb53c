/**
 * The folders of extracted layers as a cache: what no command uses can go, and is extracted again when one needs it.
 *
 * Commands of other processes may begin meanwhile, and there is no lock that a kill -9 could leave behind: a command links its layers first and looks then whether
 * they are there; a removal moves a layer away first and looks then whether it is linked. So one of the two always sees the other.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { defaultFolder } from './detect.js'
import { findIds } from './ids.js'
import { LAYER_FOLDERS, list, processMark, remove } from './run-folder.js'

export interface PruneLayersOptions {
  /** As `LinuxExecutorOptions.folder`. */
  readonly folder?: string
  /** What may stay, what was used last first. Default 0: everything that no command uses goes. */
  readonly maxBytes?: number
  /** Only say what would go. */
  readonly dryRun?: boolean
}

/** Numbers of layers, and bytes of their files. */
export interface PrunedLayers {
  readonly removed: number
  readonly removedBytes: number
  readonly left: number
  readonly leftBytes: number
}

/** Removes extracted layers that no command uses. */
export function pruneLayers({ folder = defaultFolder(), maxBytes = 0, dryRun = false }: PruneLayersOptions = {}): PrunedLayers {
  const extracted = Object.values(LAYER_FOLDERS)
    .flatMap((kind) => list(join(folder, kind)).map((name) => join(folder, kind, name)))
    .filter((place) => !/^\./.test(basename(place)))
    .map((place) => ({ place, bytes: sizeOf(place), usedMs: statSync(place, { throwIfNoEntry: false })?.atimeMs ?? 0 }))
    .sort((a, b) => a.usedMs - b.usedMs)
  const counts = { removed: 0, removedBytes: 0, left: extracted.length, leftBytes: extracted.reduce((sum, { bytes }) => sum + bytes, 0) }
  const used = linkedLayers(folder)
  for (const { place, bytes } of extracted) {
    if (counts.leftBytes <= maxBytes && maxBytes > 0) break
    if (used.has(place) || (!dryRun && !take(folder, place))) continue
    counts.removed++
    counts.removedBytes += bytes
    counts.left--
    counts.leftBytes -= bytes
  }
  return counts
}

/** @returns whether it is gone; a command that linked it meanwhile keeps it */
function take(folder: string, place: string): boolean {
  const away = join(dirname(place), `.${processMark()}-${randomBytes(6).toString('hex')}`)
  try {
    renameSync(place, away)
  } catch {
    return false // somebody else was quicker
  }
  if (linkedLayers(folder).has(place)) {
    try {
      renameSync(away, place)
      return false
    } catch {
      // The command saw it missing and has extracted it again.
    }
  }
  remove(away, findIds())
  rmSync(sizeFile(place), { force: true })
  return true
}

/** Layers that are linked in the folder of a run. */
function linkedLayers(folder: string): Set<string> {
  const used = new Set<string>()
  for (const run of list(join(folder, 'runs'))) {
    const links = join(folder, 'runs', run, 'l')
    for (const name of list(links)) {
      try {
        used.add(readlinkSync(join(links, name)))
      } catch {
        // the run has just ended
      }
    }
  }
  return used
}

/** Beside the folders, because nothing of ours may lie in a layer. */
const sizeFile = (place: string): string => join(dirname(dirname(place)), 'sizes', basename(place))

/** Kept when a layer is extracted: nobody has to walk it to know. */
export function noteSize(place: string, bytes: number): void {
  mkdirSync(dirname(sizeFile(place)), { recursive: true, mode: 0o700 })
  writeFileSync(sizeFile(place), String(bytes))
}

function sizeOf(place: string): number {
  try {
    return Number(readFileSync(sizeFile(place), 'utf8'))
  } catch {
    return 0
  }
}

/** Says that a layer was used now. Its own time of change stays. @returns false where it is not there any more */
export function markUsed(place: string): boolean {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) return false
  try {
    utimesSync(place, new Date(), stat.mtime)
  } catch {
    // A layer whose root belongs to a subordinate id: it is there all the same.
  }
  return true
}
