/**
 * The gate to the disk: every operation on the store's folder passes here.
 *
 * It must never build a path from anything but the store's own folder, hex digits that this package computed, and names that
 * `ownedName` made (S19, S26); and it must never follow what a caller wrote.
 */
import {
  closeSync,
  fsync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { StoreAccessError, StoreFullError } from '../errors.js'

export interface Places {
  readonly root: string
  readonly layout: string
  readonly blobs: string
  readonly records: string
  readonly locks: string
  readonly tmp: string
}

export const placesOf = (root: string): Places => ({
  root,
  layout: join(root, 'layerwright-store.json'),
  blobs: join(root, 'blobs', 'sha256'),
  records: join(root, 'records'),
  locks: join(root, 'locks'),
  tmp: join(root, 'tmp'),
})

/** A name in a folder of the store. Both are clean: to find that out anew for every record, as `join` does, takes longer than to read it. */
export const placeIn = (folder: string, name: string): string => folder + sep + name

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code

/** What the operating system says where it lets somebody not write. */
const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

/** Turns what the operating system says into the store's errors. */
export function storeError(root: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StoreFullError(root, error)
  if (REFUSALS.has(code ?? '')) return new StoreAccessError(root, error)
  return error
}

/**
 * Makes a folder and those above it. Not by Node's `recursive`, which never ends where the folder above is there and refuses new names as missing, as `/proc` does.
 * @throws StoreAccessError
 */
export function makeDir(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') {
      if (statOf(path)?.isDirectory()) return
      // Else somebody has removed it meanwhile.
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) throw error
    } else {
      if (code !== 'ENOENT') throw error
      if (statOf(dirname(path))) throw new StoreAccessError(path, error)
      makeDir(dirname(path))
    }
    makeDir(path)
  }
}

/** undefined when there is none. */
export const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Bytes that a file or folder takes on the disk, as du counts: in blocks of 512 bytes. */
export const diskOf = ({ blocks }: Stats): number => blocks * 512

/** Bytes on the disk of everything below a folder, itself included; links are not followed. What goes away meanwhile does not count. */
export function diskBelow(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  let bytes = diskOf(stat)
  if (stat.isDirectory()) for (const name of namesIn(path)) bytes += diskBelow(placeIn(path, name))
  return bytes
}

/** Names in a folder; none when there is no folder. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Whether there is a name in a folder, without reading all of them. */
export function hasNames(path: string): boolean {
  try {
    const folder = opendirSync(path)
    try {
      return folder.readSync() !== null
    } finally {
      folder.closeSync()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Whole contents, or undefined when there is no such file. A plain Uint8Array, so that no caller comes to lean on Buffer. */
export function readWhole(path: string): Uint8Array | undefined {
  try {
    const { buffer, byteOffset, length } = readFileSync(path)
    return new Uint8Array(buffer, byteOffset, length)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** A block, which holds most records whole. */
const block = new Uint8Array(4096)

/** The first bytes of a file, a block at most; undefined when there is no such file. */
export function readStart(path: string): Uint8Array | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return block.slice(0, readSync(fd, block, 0, block.length, 0))
  } finally {
    closeSync(fd)
  }
}

export const createFile = (path: string): number => openSync(path, 'wx', 0o444)

/** Writes all of it: write(2) may take less than it is given, on a full disk for example. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at)
}

export const syncFile = (fd: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fsync(fd, (error) => (error ? reject(error) : resolve()))
  })

export const closeFile = (fd: number): void => closeSync(fd)

/** Moves into place; makes the folder when it is not there yet. */
export function moveInto(from: string, folder: string, name: string): void {
  const to = placeIn(folder, name)
  try {
    renameSync(from, to)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    makeDir(folder)
    renameSync(from, to)
  }
}

/** A small file in one go, at a path that is not taken. */
export function writeSmall(path: string, bytes: Uint8Array | string, { sync = false } = {}): void {
  writeFileSync(path, bytes, { flag: 'wx', mode: 0o600, flush: sync })
}

/** Removes a file; gives whether it was there. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes what is of no use any more, of a dead process for example. Where nothing can be written it stays: who only reads is not to fail for it. */
export function removeLeftover(path: string): void {
  try {
    removeFile(path)
  } catch (error) {
    if (!REFUSALS.has(codeOf(error) ?? '')) throw error
  }
}

/** Sets the mtime to now. `refused`: it is there, and only to be read. */
export function touchFile(path: string): 'touched' | 'absent' | 'refused' {
  const now = new Date()
  try {
    utimesSync(path, now, now)
    return 'touched'
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'ENOENT') return 'absent'
    if (REFUSALS.has(code)) return 'refused'
    throw error
  }
}

/**
 * Removes a file that still has this mtime; gives whether. It is moved aside first: who touches it before that is seen, who comes later finds nothing. Between a look and a removal
 * in its place somebody could touch it unseen.
 */
export function removeUntouched(path: string, mtimeMs: number, aside: string): boolean {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  const same = statOf(aside)?.mtimeMs === mtimeMs
  try {
    // What has been put in its place meanwhile is newer, and as good.
    if (!same) linkSync(aside, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    removeFile(aside)
  }
  return same
}
