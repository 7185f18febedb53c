import { paint } from './paint.js'
import { readable } from './readable.js'

/** The command line was given something it can't read. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

interface Described {
  readonly message: string
  readonly code?: unknown
  readonly hint?: unknown
  readonly output?: unknown
  readonly elapsedMs?: unknown
  /** Exit status of its own, as `docker run` has (125 to 127). */
  readonly exitCode?: unknown
}

/**
 * Prints an error for a person: what, where (`excerpt`: the lines it is about), and what to do next. Gives the exit status, 1.
 * A fault of ours comes with its stack. `outputShown`: what a failed command printed is on the screen already.
 */
export function reportError(error: unknown, excerpt?: string, outputShown = false): number {
  if (!(error instanceof Error)) {
    console.error(`${paint.red('error:')} ${String(error)}`)
    return 1
  }
  const { message, code, output, elapsedMs } = error as Described
  // Who reads our output has seen enough, as `head` does.
  if (code === 'EPIPE') return 1
  const hint = (error as Described).hint ?? nextOf(code)
  if (excerpt) console.error(excerpt)
  if (!outputShown && typeof output === 'string' && output.trim() !== '') console.error(paint.dim(output.trimEnd()))
  const time = typeof elapsedMs === 'number' ? `, after ${(elapsedMs / 1000).toFixed(1)}s` : ''
  console.error(`${paint.red('error:')} ${readable(message)}${time}${typeof code === 'string' ? paint.dim(` [${code}]`) : ''}`)
  if (typeof hint === 'string' && hint !== '') console.error(`${paint.cyan('next:')} ${readable(hint)}`)
  if (code === undefined) console.error(paint.dim(error.stack ?? ''))
  return 1
}

/** What to do about what the operating system refuses, where nobody below has said it. */
const nextOf = (code: unknown): string | undefined => (typeof code === 'string' ? NEXT.get(code) : undefined)
const NEXT: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'check who owns the path and its modes, or run this as that user'],
  ['EPERM', 'check who owns the path and its modes, or run this as that user'],
  ['EROFS', 'name a place that can be written to; for the store with --store DIR'],
  ['ENOSPC', 'free some space, or name a place on another disk'],
  ['EDQUOT', 'free some space, or name a place on another disk'],
  ['ENOENT', 'check the path'],
  ['ENOTDIR', 'check the path: a part of it is a file'],
  ['EISDIR', 'name a file: there is a folder of that name'],
])

/** No image of that name is in the store. */
export class ImageMissingError extends Error {
  override readonly name = 'ImageMissingError'
  readonly code = 'NO_SUCH_IMAGE'
  readonly hint = 'see what there is with: layerwright images'
  constructor(image: string) {
    super(`No such image: ${image}`)
  }
}
