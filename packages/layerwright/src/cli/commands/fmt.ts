import { readFileSync, writeFileSync } from 'node:fs'
import { formatDockerfile } from '@layerwright/dockerfile'
import { excerptOf } from '../dockerfile.js'
import { reportError, UsageError } from '../errors.js'
import type { CommandLike } from '../store.js'

interface FmtFlags {
  readonly check?: boolean
  readonly write?: boolean
  readonly keywords: 'upper' | 'lower'
}

/** `layerwright fmt FILE…`: prints the result, writes it back, or says by its exit status whether there is anything to do. */
export async function fmtCommand(files: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as FmtFlags
  if (flags.check && flags.write) throw new UsageError('--check and --write exclude each other', 'give one of them')
  if (files.length > 1 && !flags.check && !flags.write)
    throw new UsageError('several files can not be printed as one', 'add --write or --check')
  let status = 0
  for (const file of files) {
    const text = readText(file)
    try {
      const made = formatDockerfile(text, { keywords: flags.keywords })
      if (!flags.check && !flags.write) process.stdout.write(made)
      else if (made !== text) {
        console.log(file)
        if (flags.write) writeFileSync(file, made)
        else status = 1
      }
    } catch (error) {
      status = reportError(
        error,
        excerptOf(error, () => text),
      )
    }
  }
  return status
}

/** @throws UsageError also for bytes that are no UTF-8: writing them back would change them */
function readText(file: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError((error as Error).message, 'name a Dockerfile that can be read')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UsageError(`${file} is not UTF-8`, 'convert it first; it would not come out as it went in')
  }
}
