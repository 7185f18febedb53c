import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { UsageError } from './errors.js'

/** Gives `work` a place to write to: standard output, or a file that appears when it is complete. */
export async function writing(path: string | undefined, work: (write: (bytes: Uint8Array) => void) => Promise<void>): Promise<void> {
  if (path === undefined || path === '-') {
    if (isatty(1)) throw new UsageError('a tar is not for a terminal', 'name a file with -o FILE, or pipe the output')
    return work((bytes) => writeAll(1, bytes))
  }
  const temporary = `${path}.partial-${process.pid}`
  const fd = openSync(temporary, 'wx')
  try {
    await work((bytes) => writeAll(fd, bytes))
    closeSync(fd)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** All of `bytes`, whatever a single write takes. A pipe may be one that does not block (whoever shares it decides): while it is full, this waits for its reader. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, FULL_PIPE_MS)
    }
  }
}

/** Short beside the time that a reader takes for a pipe's 64 KiB; long enough not to spin. */
const FULL_PIPE_MS = 2
const pause = new Int32Array(new SharedArrayBuffer(4))
