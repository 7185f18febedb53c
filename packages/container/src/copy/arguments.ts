import { CopyBetweenContainersError, CopyNoContainerError } from '../errors.js'

/** One side of a copy as it is written: `CONTAINER:PATH`, a host path, or `-` for an archive. */
export interface CopyArgument {
  readonly container: string | undefined
  readonly path: string
}

function parse(text: string): CopyArgument {
  const colon = text.indexOf(':')
  // An absolute path and one that begins with a dot are the host's, whatever colons they hold.
  if (text.startsWith('/') || text.startsWith('.') || colon < 0) return { container: undefined, path: text }
  return { container: text.slice(0, colon), path: text.slice(colon + 1) }
}

/**
 * Reads the two arguments of `cp`. One of them is a container's.
 * @throws CopyBetweenContainersError, CopyNoContainerError
 */
export function parseCopyArguments(from: string, to: string): { readonly from: CopyArgument; readonly to: CopyArgument } {
  const parsed = { from: parse(from), to: parse(to) }
  if (parsed.from.container !== undefined && parsed.to.container !== undefined) throw new CopyBetweenContainersError()
  if (parsed.from.container === undefined && parsed.to.container === undefined) throw new CopyNoContainerError()
  return parsed
}
