import { resolve } from 'node:path'
import { NotAStoreError, StoreVersionError } from '../errors.js'
import { storeLimits } from '../limits.js'
import { codeOf, makeDir, moveInto, namesIn, type Places, readWhole, removeLeftover, statOf, storeError, writeSmall } from './files.js'
import { sweepClaims } from './locks.js'
import { isOwnedName, ownedName, ownerLives } from './owner.js'

const FORMAT = 'layerwright-store'
const VERSION = 1
/** Begins the name of a layout file that is being written; a folder with nothing else in it may become a store. */
const UNFINISHED = 'layerwright-store.json.new-'

/**
 * Makes sure that the folder is a store of this version, and removes what dead processes left in `tmp/` and `locks/`.
 * @throws NotAStoreError, StoreVersionError, StoreFullError, StoreAccessError; the folder is then as it was.
 */
export function prepare(places: Places, create: boolean): void {
  try {
    if (!readLayout(places)) {
      if (!create) throw new NotAStoreError(places.root, 'it has no layerwright-store.json')
      makeStore(places)
    }
    sweep(places)
  } catch (error) {
    throw storeError(places.root, error)
  }
}

function readLayout(places: Places): boolean {
  let bytes: Uint8Array | undefined
  try {
    bytes = readWhole(places.layout)
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw new NotAStoreError(places.root, 'it is a file, or lies below one')
    if (codeOf(error) === 'EISDIR') throw new NotAStoreError(places.root, 'its layerwright-store.json is a folder')
    throw error
  }
  if (!bytes) return false
  let layout: { format?: unknown; version?: unknown } | null
  try {
    layout = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new NotAStoreError(places.root, 'its layerwright-store.json is not JSON')
  }
  if (layout?.format !== FORMAT) throw new NotAStoreError(places.root, `its layerwright-store.json does not say "format": "${FORMAT}"`)
  if (layout.version !== VERSION) throw new StoreVersionError(places.root, layout.version, VERSION)
  return true
}

/** The layout file comes first and by rename: a folder is a store or it is not, whenever the process dies. */
function makeStore(places: Places): void {
  const made = !statOf(places.root)
  if (!made) {
    const stranger = namesIn(places.root).find((name) => !name.startsWith(UNFINISHED))
    if (stranger !== undefined) throw new NotAStoreError(places.root, `it holds "${stranger}" and no layerwright-store.json`)
  }
  makeDir(places.root)
  const unfinished = UNFINISHED + ownedName()
  const path = resolve(places.root, unfinished)
  try {
    writeSmall(path, `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`)
    moveInto(path, places.root, 'layerwright-store.json')
  } catch (error) {
    removeLeftover(path)
    throw error
  }
  makeFolders(places)
}

/** `tmp` comes last: where it is, the others are. */
function makeFolders(places: Places): void {
  for (const folder of [places.blobs, places.records, places.locks, places.tmp]) makeDir(folder)
}

/** Removes temporary files, claims and leases whose process is gone. */
export function sweep(places: Places): void {
  sweepClaims(places)
  const names = namesIn(places.tmp)
  if (names.length === 0 && !statOf(places.tmp)) makeFolders(places)
  for (const name of names) {
    if (!isOwnedName(name)) continue
    const path = resolve(places.tmp, name)
    const stat = statOf(path)
    if (stat && !ownerLives(name, Date.now() - stat.mtimeMs, storeLimits.foreignLeftover)) removeLeftover(path)
  }
}
