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
  const { message, code, hint, output, elapsedMs } = error as Described
  if (excerpt) console.error(excerpt)
  if (!outputShown && typeof output === 'string' && output.trim() !== '') console.error(paint.dim(output.trimEnd()))
  const time = typeof elapsedMs === 'number' ? `, after ${(elapsedMs / 1000).toFixed(1)}s` : ''
  console.error(`${paint.red('error:')} ${readable(message)}${time}${typeof code === 'string' ? paint.dim(` [${code}]`) : ''}`)
  if (typeof hint === 'string' && hint !== '') console.error(`${paint.cyan('next:')} ${readable(hint)}`)
  if (code === undefined) console.error(paint.dim(error.stack ?? ''))
  return 1
}

/** No image of that name is in the store. */
export class ImageMissingError extends Error {
  override readonly name = 'ImageMissingError'
  readonly code = 'NO_SUCH_IMAGE'
  readonly hint = 'see what there is with: layerwright images'
  constructor(image: string) {
    super(`No such image: ${image}`)
  }
}
