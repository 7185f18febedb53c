/** Where outputs of a build go on this machine: what can be refused before anything is built, standard output, and what is said when writing fails. */
import { closeSync, createReadStream, openSync, readdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { writeAll } from './descriptors.js'
import { UsageError } from './errors.js'
import { temporaryFolder } from './leftovers.js'

/** The `dest` that means standard output. */
export const STDOUT = '-'

/** @throws UsageError for a file where a folder lies, a folder that holds something, a place whose folder is missing */
export function checkPlace(dest: string, kind: 'file' | 'folder' | 'layout'): void {
  const stat = statSync(dest, { throwIfNoEntry: false })
  if (!stat) {
    if (!statSync(dirname(dest), { throwIfNoEntry: false })?.isDirectory())
      throw new UsageError(`--output: there is no folder ${dirname(dest)}`, 'make it, or check the path')
    return
  }
  if (kind === 'file') {
    if (stat.isDirectory()) throw new UsageError(`--output: ${dest} is a folder`, 'name a file')
    // a new file takes the place of an old one: it must not be that of a device
    if (!stat.isFile()) throw new UsageError(`--output: ${dest} is no file`, 'name a file, or write dest=- for standard output')
    return
  }
  if (!stat.isDirectory()) throw new UsageError(`--output: ${dest} is not a folder`, 'name a new or an empty folder')
  if (kind === 'folder' && readdirSync(dest).length > 0)
    throw new UsageError(`--output: ${dest} is not empty`, 'name a new or an empty folder: files are never put among others')
}

/** Gives `work` a file to write, whose bytes then go to standard output, or another descriptor: an archive is complete before its first byte is seen. */
export async function throughFile(work: (file: string) => Promise<void>, fd = 1): Promise<void> {
  const folder = temporaryFolder(tmpdir(), 'layerwright-output-')
  try {
    const file = join(folder.path, 'archive')
    await work(file)
    await pipeline(createReadStream(file), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) writeAll(fd, chunk)
    })
  } finally {
    folder.remove()
  }
}

/** Gives `work` a file to write that takes its place when it is complete; whatever ends this program before that, a kill excepted, nothing is left. @throws OutputFailedError */
export async function throughNeighbour(path: string, work: (file: string) => Promise<void>): Promise<void> {
  await writingTo(path, async () => {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there && !there.isFile() && !there.isDirectory()) return intoDevice(path, work)
    const folder = temporaryFolder(dirname(path), '.layerwright-output-')
    try {
      const file = join(folder.path, basename(path))
      await work(file)
      renameSync(file, path)
    } finally {
      folder.remove()
    }
  })
}

/** `/dev/null`, `/dev/stdout`, a pipe with a name: nothing may take its place. */
async function intoDevice(path: string, work: (file: string) => Promise<void>): Promise<void> {
  const fd = openSync(path, 'w')
  try {
    await throughFile(work, fd)
  } finally {
    closeSync(fd)
  }
}

/** An output could not be written. */
export class OutputFailedError extends Error {
  override readonly name = 'OutputFailedError'
  readonly code = 'OUTPUT_FAILED'
  readonly hint: string
  constructor(dest: string, cause: Error, hint: string) {
    super(`${dest} could not be written: ${cause.message}`, { cause })
    this.hint = hint
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space, or name another place',
  EDQUOT: 'free some space, or name another place',
  EACCES: 'name a place that this user may write to',
  EPERM: 'name a place that this user may write to',
  EROFS: 'name a place that can be written to',
  EISDIR: 'there is a folder of that name: name a file',
  ENOENT: 'check the path: the folder that it is to lie in must be there',
  ENOTDIR: 'check the path: a part of it is a file',
  EPIPE: 'the program that was to read it has ended',
  ENOTSUP: 'write a tar instead, which holds what this filesystem or user cannot make: type=tar',
}

/**
 * Runs `work`; a refusal of the operating system is told with the place that it is about and what to do.
 * @param besides what else the reader is told
 * @throws OutputFailedError
 */
export async function writingTo(dest: string, work: () => Promise<void>, besides?: string): Promise<void> {
  try {
    await work()
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (!(error instanceof Error && typeof code === 'string' && /^E[A-Z0-9]+$/.test(code))) throw error
    const hint = HINTS[code] ?? 'name another place'
    throw new OutputFailedError(dest === STDOUT ? 'standard output' : dest, error, besides === undefined ? hint : `${hint}; ${besides}`)
  }
}
