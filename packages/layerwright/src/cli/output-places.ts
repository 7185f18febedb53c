/** Where outputs of a build go on this machine: what can be refused before anything is built, standard output, and what is said when writing fails. */
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { writeAll } from './descriptors.js'
import { UsageError } from './errors.js'

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
    return
  }
  if (!stat.isDirectory()) throw new UsageError(`--output: ${dest} is not a folder`, 'name a new or an empty folder')
  if (kind === 'folder' && readdirSync(dest).length > 0)
    throw new UsageError(`--output: ${dest} is not empty`, 'name a new or an empty folder: files are never put among others')
}

/** Gives `work` a file to write, whose bytes then go to standard output: an archive is complete before its first byte is seen. */
export async function throughFile(work: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'layerwright-output-'))
  try {
    const file = join(folder, 'archive')
    await work(file)
    await pipeline(createReadStream(file), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) writeAll(1, chunk)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An output could not be written; the image itself is in the store. */
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
  ENOSPC: 'free some space, or name another place; all steps are cached',
  EDQUOT: 'free some space, or name another place; all steps are cached',
  EACCES: 'name a place that this user may write to; all steps are cached',
  EPERM: 'name a place that this user may write to; all steps are cached',
  EROFS: 'name a place that can be written to; all steps are cached',
  EPIPE: 'the program that was to read it has ended',
  ENOTSUP: 'write a tar instead, which holds what this filesystem or user cannot make: type=tar',
}

/** Runs `work`; a refusal of the operating system is told with the place that it is about and what to do. @throws OutputFailedError */
export async function writingTo(dest: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (!(error instanceof Error && typeof code === 'string' && /^E[A-Z0-9]+$/.test(code))) throw error
    throw new OutputFailedError(
      dest === STDOUT ? 'standard output' : dest,
      error,
      HINTS[code] ?? 'name another place; all steps are cached',
    )
  }
}
