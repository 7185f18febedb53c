/**
 * Trees that several commands have mounted at once, as plain folders below `shared`: `UUID/tree` each, the outer one closed to other users. A folder appears whole, by a
 * rename, and goes whole; what a killed process leaves bears its mark and goes with the next `sweep`.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { SharedTreeUnavailableError } from '../errors.js'
import type { SharedTrees } from '../types.js'
import { extractChanges } from './extract.js'
import { runToolOn } from './gate.js'
import { type Ids, isRootless } from './ids.js'
import { folderInNamespace } from './namespace-folder.js'
import { bootId, untilRunsOver } from './recover.js'
import { processMark, remove, SHARED_FOLDER } from './run-folder.js'
import { mergeUpper } from './upper.js'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function sharedTrees(sandbox: { readonly folder: string; readonly ids: Ids }): SharedTrees {
  const { ids } = sandbox
  const root = join(sandbox.folder, SHARED_FOLDER)
  return {
    newPlace: () => join(root, randomUUID()),
    async make(place, tree) {
      if (isThere(place)) discard(place, ids)
      const folder = dirname(place)
      const made = spare(folder)
      mkdirSync(made, { recursive: true, mode: 0o700 })
      try {
        await extractChanges(upperChanges(EMPTY, tree), treeIn(made), { ids, root: tree })
        writeFileSync(join(made, 'boot'), bootId())
        renameSync(made, place)
      } finally {
        remove(made, ids)
      }
      const stop = new AbortController()
      syncing.set(place, stop)
      void confirm(place, stop.signal).finally(() => syncing.delete(place))
    },
    open(place) {
      if (!isThere(place)) throw new SharedTreeUnavailableError(place, 'is gone: what was in it is lost')
      const source = isRootless(ids) ? folderInNamespace(treeIn(place), { ids, scratch: sandbox.folder }) : hostFolder(treeIn(place))
      return { source, close: () => source.close() }
    },
    async read(place, overlay) {
      if (!isThere(place) || !isWhole(place)) return false
      await mergeUpper(treeIn(place), overlay, { ids, whole: true })
      return true
    },
    remove(place) {
      syncing.get(place)?.abort()
      if (isThere(place)) discard(place, ids)
    },
    untilOver: (runs) => untilRunsOver(sandbox, runs),
  }
}

const EMPTY = emptySnapshot()
const treeIn = (place: string): string => join(place, 'tree')
const spare = (folder: string): string => join(folder, `.${processMark()}-${randomBytes(6).toString('hex')}`)

/** @throws SharedTreeUnavailableError */
function isThere(place: string): boolean {
  if (!UUID.test(basename(place)) || basename(dirname(place)) !== SHARED_FOLDER)
    throw new SharedTreeUnavailableError(place, 'is none that an executor made')
  const whose = 'belongs to another user: what has to do with it can be done by that user'
  try {
    const stat = statSync(place, { throwIfNoEntry: false })
    if (stat && stat.uid !== process.geteuid?.()) throw new SharedTreeUnavailableError(place, whose)
    return stat !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    throw new SharedTreeUnavailableError(place, whose)
  }
}

/** At once for everybody else, whatever that takes. */
function discard(place: string, ids: Ids): void {
  const away = spare(dirname(place))
  renameSync(place, away)
  remove(away, ids)
}

/** Folders whose first contents are being written to the disk. */
const syncing = new Map<string, AbortController>()

/**
 * The store has the tree, but from now on the folder is what counts, also after the machine has lost its power: so it says when all that was put into it is on the disk.
 * Nobody waits for that; a folder that does not say so counts as long as the machine is on.
 */
async function confirm(place: string, signal: AbortSignal): Promise<void> {
  try {
    await runToolOn(['sync', '--file-system', place], { signal })
    writeFileSync(join(place, SYNCED), '')
  } catch {
    // It was removed, or it could not be written out: then it does not say so.
  }
}
const SYNCED = 'synced'

function isWhole(place: string): boolean {
  return existsSync(join(place, SYNCED)) || readFileSync(join(place, 'boot'), 'utf8') === bootId()
}
