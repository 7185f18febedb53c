import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { UsageError } from './errors.js'

/** Gives `work` a place to write to: standard output, or a file that appears when it is complete. */
export async function writing(path: string | undefined, work: (write: (bytes: Uint8Array) => void) => Promise<void>): Promise<void> {
  if (path === undefined || path === '-') {
    if (process.stdout.isTTY) throw new UsageError('a tar is not for a terminal', 'name a file with -o FILE, or pipe the output')
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

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}
