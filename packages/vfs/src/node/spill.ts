/** Bytes that an overlay lets go of, in a file that nobody else can reach and that is gone with this process. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clampRange } from '../content/memory.js'
import { FsError } from '../errors.js'
import type { Spill } from '../overlay/spill.js'
import type { Content } from '../types.js'
import { onHost } from './errno.js'

export interface SpillOptions {
  /** Bytes of written files that each overlay keeps in memory; default 64 MiB. */
  readonly budget?: number
  /** The folder in which the temporary folder is made; default the system's. */
  readonly dir?: string
}

/** A `Spill` on disk. Any number of overlays may share it. */
export interface DiskSpill extends Spill {
  /** Bytes that were stored so far. */
  readonly size: number
  /** Gives the disk space back. Contents that are still in use can't be read any more (EIO). */
  close(): void
}

const PIECE = 256 * 1024
const DEFAULT_BUDGET = 64 * 1024 * 1024

/**
 * Opens a place on disk for what does not fit into memory: `createOverlay(lower, { spill: openSpill() })`. One file in a fresh folder with mode 0700; where the
 * system allows that, both lose their names at once, so that nothing is left behind however this process ends.
 * @throws FsError ENOENT, EACCES, ENOSPC …
 */
export function openSpill({ budget = DEFAULT_BUDGET, dir = tmpdir() }: SpillOptions = {}): DiskSpill {
  const folder = onHost('mkdir', dir, () => mkdtempSync(join(dir, 'layerwright-spill-')))
  const path = join(folder, 'bytes')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  let fd: number
  try {
    fd = onHost('open', path, () => openSync(path, 'wx+', 0o600))
  } catch (error) {
    remove()
    throw error
  }
  const nameless = process.platform !== 'win32'
  if (nameless) remove()
  return new SpillFile(budget, fd, nameless ? undefined : remove)
}

class SpillFile implements DiskSpill {
  readonly budget: number
  readonly #remove: (() => void) | undefined
  #fd: number | undefined
  #size = 0

  constructor(budget: number, fd: number, remove: (() => void) | undefined) {
    this.budget = budget
    this.#fd = fd
    this.#remove = remove
    forgotten.register(this, { fd, remove }, this)
  }

  get size(): number {
    return this.#size
  }

  store(bytes: Uint8Array): Content {
    const fd = this.#open('write')
    const start = this.#size
    onHost('write', 'spill', () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, start + done)
    })
    this.#size += bytes.length
    return new SpilledContent(this, start, bytes.length)
  }

  read(target: Uint8Array, at: number): number {
    const fd = this.#open('read')
    return onHost('read', 'spill', () => {
      let done = 0
      while (done < target.length) {
        const got = readSync(fd, target, done, target.length - done, at + done)
        if (got === 0) break
        done += got
      }
      return done
    })
  }

  #open(op: string): number {
    if (this.#fd === undefined)
      throw new FsError('EIO', op, 'spill', { detail: 'the spill file was closed while contents in it were in use' })
    return this.#fd
  }

  close(): void {
    if (this.#fd === undefined) return
    forgotten.unregister(this)
    ftruncateSync(this.#fd, 0)
    closeSync(this.#fd)
    this.#fd = undefined
    this.#remove?.()
  }
}

/** A forgotten file must not keep its space until the process ends. Contents hold on to the file that they lie in. */
const forgotten = new FinalizationRegistry<{ readonly fd: number; readonly remove: (() => void) | undefined }>(({ fd, remove }) => {
  closeSync(fd)
  remove?.()
})

class SpilledContent implements Content {
  readonly size: number
  readonly #file: SpillFile
  readonly #start: number

  constructor(file: SpillFile, start: number, size: number) {
    this.#file = file
    this.#start = start
    this.size = size
  }

  readInto(target: Uint8Array, offset: number): number {
    const [from, to] = clampRange(this.size, offset, offset + target.length)
    return this.#file.read(target.subarray(0, to - from), this.#start + from)
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    const buffer = new Uint8Array(Math.min(PIECE, to - from))
    for (let at = from; at < to; ) {
      const got = this.readInto(buffer.subarray(0, Math.min(buffer.length, to - at)), at)
      if (got === 0) return
      yield buffer.subarray(0, got)
      at += got
    }
  }
}
