/**
 * The gate to the disk: every file that sources and sinks read or write passes here.
 *
 * It must never build a path from what an image says, only from the caller's own path, digests and fixed names; never leave a file
 * under its final name before it is complete; and never remove anything but what it made.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../errors.js'

export const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code

export interface OpenFile {
  readonly content: Content
  close(): void
}

/** A file held open. @throws ImageError FILE_MISSING */
export function openFile(path: string): OpenFile {
  const fd = present(path, () => openSync(path, 'r'))
  return { content: contentOfFd(fd), close: once(() => closeSync(fd)) }
}

/** Bytes of an open file; its size is taken now. */
function contentOfFd(fd: number): Content {
  const { size } = fstatSync(fd)
  const readInto = (target: Uint8Array, offset: number): number => {
    const wanted = Math.min(target.length, size - offset)
    let done = 0
    while (done < wanted) {
      const count = readSync(fd, target, done, wanted - done, offset + done)
      if (count === 0) break
      done += count
    }
    return done
  }
  return {
    size,
    readInto,
    async *stream(start = 0, end = size) {
      const stop = Math.min(end, size)
      const buffer = new Uint8Array(Math.min(CHUNK, Math.max(stop - start, 0)))
      for (let at = start; at < stop; ) {
        const count = readInto(buffer.subarray(0, Math.min(buffer.length, stop - at)), at)
        if (count === 0) return
        at += count
        yield buffer.subarray(0, count)
      }
    },
  }
}

const CHUNK = 256 * 1024

/** A file by its path, opened for each use. undefined: there is none. */
export function fileContent(path: string): Content | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) return undefined
  return {
    size: stat.size,
    async *stream(start, end) {
      const file = openFile(path)
      try {
        yield* file.content.stream(start, end)
      } finally {
        file.close()
      }
    },
  }
}

/** @throws ImageError FILE_MISSING */
export const readSmall = (path: string): Uint8Array => present(path, () => readFileSync(path))

export const isFolder = (path: string): boolean => present(path, () => statSync(path)).isDirectory()
export const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
export const namesIn = (path: string): string[] => (isThere(path) ? readdirSync(path) : [])
/** Removes a folder that is empty; any other stays. */
export function dropEmptyFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
  }
}

export const makeFolder = (path: string): void => void mkdirSync(path, { recursive: true })

function present<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
    throw new ImageError('FILE_MISSING', path, `${path} does not exist: check the path`, { cause: error })
  }
}

/** Where a file is made until it is complete: beside its place, so that the rename stays on one filesystem. */
export interface NewFile {
  write(bytes: Uint8Array): void
  /** Bytes written so far, to be read again. */
  content(): Content
  /** Puts it into place; what was there is replaced. */
  commit(): void
  /** Removes it, unless it was committed. */
  drop(): void
}

export function newFile(path: string): NewFile {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
  const fd = present(dirname(path), () => openSync(temporary, 'wx+', 0o644))
  const close = once(() => closeSync(fd))
  let committed = false
  return {
    write(bytes) {
      let at = 0
      while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at)
    },
    content: () => contentOfFd(fd),
    commit() {
      close()
      renameSync(temporary, path)
      committed = true
    },
    drop() {
      if (committed) return
      close()
      rmSync(temporary, { force: true })
    },
  }
}

/** Makes a file and puts it into place when `fill` is through; nothing stays when it fails. */
export async function writeNewFile(path: string, fill: (file: NewFile) => Promise<void> | void): Promise<void> {
  const file = newFile(path)
  try {
    await fill(file)
    file.commit()
  } finally {
    file.drop()
  }
}

/** A scratch folder beside `path`; `drop` removes it with all that is in it. */
export function scratchBeside(path: string): { readonly path: string; drop(): void } {
  const folder = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.parts`)
  present(dirname(path), () => mkdirSync(folder, { mode: 0o700 }))
  return { path: folder, drop: () => rmSync(folder, { recursive: true, force: true }) }
}

function once(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}
