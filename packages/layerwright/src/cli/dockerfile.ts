/** Which Dockerfile a command line means, and how its lines are shown. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { formatExcerpt, WordError } from '@layerwright/dockerfile'
import { UsageError } from './errors.js'

/** A Dockerfile of this machine with the folder that it is built in. */
export interface FoundDockerfile {
  /** The context: absolute. */
  readonly folder: string
  /** Relative to the context, `/` between its parts. */
  readonly path: string
  /** As the user would write it, from where the command runs. */
  readonly shown: string
  readonly bytes: Uint8Array
}

/**
 * Finds the Dockerfile of a context folder, or takes a file for one whose folder is its context.
 * @param file as `--file` gives it: a path of this machine, or where there is none a path in the context
 * @throws UsageError
 */
export function findDockerfile(place: string, file?: string): FoundDockerfile {
  const isFolder = isDirectory(place)
  if (!isFolder && file !== undefined)
    throw new UsageError(`${place} is a file, and so is --file ${file}`, 'give the folder or the file, not both')
  const folder = realpathSync(isFolder ? place : dirname(place))
  const absolute = isFolder ? (file !== undefined && existsSync(file) ? resolve(file) : join(folder, file ?? 'Dockerfile')) : resolve(place)
  const bytes = readBytes(absolute)
  const inside = relative(folder, realpathSync(absolute))
  // One from elsewhere has no ignore file of its own in the context.
  const path = inside.split(sep)[0] === '..' || isAbsolute(inside) ? basename(absolute) : inside.split(sep).join('/')
  return { folder, path, shown: relative(process.cwd(), absolute) || absolute, bytes }
}

function isDirectory(place: string): boolean {
  try {
    return statSync(place).isDirectory()
  } catch (error) {
    throw new UsageError((error as Error).message, 'name a folder with a Dockerfile, or the Dockerfile itself')
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError((error as Error).message, 'name a folder with a Dockerfile, or the Dockerfile itself (--file)')
  }
}

interface Placed {
  readonly locations?: unknown
  readonly lines?: unknown
  readonly focus?: unknown
}

interface Range {
  readonly startLine: number
  readonly endLine: number
}

const isRange = (value: unknown): value is Range =>
  typeof value === 'object' && value !== null && 'startLine' in value && 'endLine' in value && Number(value.startLine) > 0

/** The lines of a Dockerfile that an error is about, with carets; `undefined` for an error of no line. `source` is asked for only then. */
export function excerptOf(error: unknown, source: () => string | Uint8Array): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { locations, lines, focus } = error as Placed
  const ranges = [...(Array.isArray(locations) ? locations : []), lines].filter(isRange)
  if (ranges.length === 0) return undefined
  const word = error.cause instanceof WordError ? error.cause.word : undefined
  return formatExcerpt(source(), { locations: ranges, focus: typeof focus === 'string' ? focus : word })
}
