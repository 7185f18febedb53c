import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { copyAll, writeAll } from './descriptors.js'
import { UsageError } from './errors.js'
import { temporaryFolder } from './leftovers.js'
import { throughFile, throughNeighbour } from './output-places.js'

/** Gives `work` a place to write to: standard output, or a file that appears when it is complete. */
export async function writing(path: string | undefined, work: (write: (bytes: Uint8Array) => void) => Promise<void>): Promise<void> {
  if (isOutput(path)) {
    refuseTerminal()
    return work((bytes) => writeAll(1, bytes))
  }
  return throughNeighbour(path, async (file) => {
    const fd = openSync(file, 'wx')
    try {
      await work((bytes) => writeAll(fd, bytes))
    } finally {
      closeSync(fd)
    }
  })
}

/** For what can only be written to a file, as an archive whose index comes first: standard output gets it when it is complete. */
export async function writingFile(path: string | undefined, work: (file: string) => Promise<void>): Promise<void> {
  if (!isOutput(path)) return throughNeighbour(path, work)
  refuseTerminal()
  return throughFile(work)
}

/** Standard input as a file, for what is read from many places. */
export async function readingInput<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder(tmpdir(), 'layerwright-input-')
  try {
    const file = join(folder.path, 'archive')
    const fd = openSync(file, 'wx')
    try {
      copyAll(0, fd)
    } finally {
      closeSync(fd)
    }
    return await work(file)
  } catch (error) {
    // nobody has ever heard of our copy
    if (error instanceof Error) error.message = error.message.replaceAll(join(folder.path, 'archive'), 'standard input')
    throw error
  } finally {
    folder.remove()
  }
}

const isOutput = (path: string | undefined): path is '-' | undefined => path === undefined || path === '-'

function refuseTerminal(): void {
  if (isatty(1)) throw new UsageError('a tar is not for a terminal', 'name a file with -o FILE, or pipe the output')
}
