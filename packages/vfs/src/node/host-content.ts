/** The bytes of a host file, by reference. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Digest } from '@layerwright/digest'
import { clampRange } from '../content/memory.js'
import { ContentChangedError } from '../errors.js'
import type { Content } from '../types.js'
import { hostError } from './errno.js'

/** What a host file was like when it was looked at. */
export interface HostFileStat {
  /** Bytes. */
  readonly size: number | bigint
  readonly mtimeNs: bigint
}

/** O_NONBLOCK: a file that was swapped for a fifo must fail the check, not hang (S16). */
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
// Each piece opens the file anew: fewer, larger ones.
const PIECE = 1024 * 1024

/** What a content checks its file by: bytes, and milliseconds with their fraction. */
export interface FileFacts {
  readonly size: number
  readonly mtimeMs: number
}

/** A time as Node gives it without `bigint`, from either kind of stat: the same number for the same time. */
export const msOf = (ms: number | bigint | undefined, ns: bigint | undefined): number => (ns === undefined ? Number(ms) : nsToMs(ns))

/** The facts in either kind of stat. */
export function factsOf(stat: {
  readonly size: number | bigint
  readonly mtimeMs?: number | bigint
  readonly mtimeNs?: bigint
}): FileFacts {
  return { size: Number(stat.size), mtimeMs: msOf(stat.mtimeMs, stat.mtimeNs) }
}

/** The kernel counts whole seconds, rounded down, and nanoseconds above them. */
function nsToMs(ns: bigint): number {
  const nanos = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return Number((ns - nanos) / 1_000_000_000n) * 1000 + Number(nanos) / 1_000_000
}

/** A content over an opener. Each reading opens the file anew and checks that it is the file that was looked at. */
export abstract class HostContent implements Content {
  readonly size: number
  readonly mtimeMs: number
  #digest: Digest | undefined

  constructor(size: number, mtimeMs: number) {
    this.size = size
    this.mtimeMs = mtimeMs
  }

  get digest(): Digest | undefined {
    return this.#digest
  }

  /** Called when somebody has worked the digest out. */
  learned(digest: Digest): void {
    this.#digest = digest
  }

  /** For messages. */
  abstract get path(): string
  protected abstract open(): number

  // One of these for each of tens of thousands of small files: no closures, and a path only for a message.
  readInto(target: Uint8Array, offset: number): number {
    const [from, to] = clampRange(this.size, offset, offset + target.length)
    let fd = -1
    try {
      fd = this.open()
      this.#check(fd)
      let at = from
      while (at < to) {
        const got = readSync(fd, target, at - from, to - at, at)
        if (got === 0) throw new ContentChangedError(this.path, `it ended after ${at} of ${this.size} bytes`)
        at += got
      }
      return at - from
    } catch (error) {
      throw hostError('open', this.path, error)
    } finally {
      if (fd >= 0) closeSync(fd)
    }
  }

  /**
   * Everything, without asking for the file's facts: that it ends where it did is read off the reading, which saves a system call for each of tens of thousands of
   * files. Another file of the same size in its place is noticed by the reading that makes a layer of it, and by the next look at its times.
   */
  readWhole(target: Uint8Array): number {
    let fd = -1
    try {
      fd = this.open()
      let at = 0
      while (at <= this.size) {
        const got = readSync(fd, target, at, this.size + 1 - at, at)
        if (got === 0) break
        at += got
        // A regular file gives all that is asked for, so what is short has ended.
        if (at === this.size) break
      }
      if (at !== this.size) throw new ContentChangedError(this.path, `its size was ${this.size} and is ${at > this.size ? 'more' : at}`)
      return at
    } catch (error) {
      throw hostError('open', this.path, error)
    } finally {
      if (fd >= 0) closeSync(fd)
    }
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    const buffer = new Uint8Array(Math.min(PIECE, to - from))
    for (let at = from; at < to; ) {
      const got = this.readInto(buffer.subarray(0, Math.min(buffer.length, to - at)), at)
      yield buffer.subarray(0, got)
      at += got
    }
  }

  #check(fd: number): void {
    const now = fstatSync(fd)
    if (!now.isFile()) throw new ContentChangedError(this.path, 'it is no regular file any more')
    if (now.size !== this.size) throw new ContentChangedError(this.path, `its size was ${this.size} and is ${now.size}`)
    if (now.mtimeMs !== this.mtimeMs) throw new ContentChangedError(this.path, 'it was written to')
  }
}

class PathContent extends HostContent {
  readonly path: string

  constructor(path: string, stat: HostFileStat) {
    const { size, mtimeMs } = factsOf(stat)
    super(size, mtimeMs)
    this.path = path
  }

  protected open(): number {
    return openSync(this.path, READ_FLAGS)
  }
}

/**
 * The bytes of the host file at `path`, which was looked at before (`lstat` with `bigint: true`). They are read when they are
 * asked for.
 * @throws ContentChangedError, on reading, where size or time are not those of `stat` any more.
 * @throws FsError, on reading, where the file cannot be opened (EACCES, ENOENT, ELOOP for a link …).
 */
export function hostContent(path: string, stat: HostFileStat): Content {
  return new PathContent(path, stat)
}
