import type { EscapeToken } from './types.js'

/**
 * Where the escape character is that continues a line onto the next, -1 if the line ends here. Blanks may follow it. One with another right in
 * front of it does not continue the line, even if that one is itself escaped.
 */
export function continuationAt(line: string, escapeToken: EscapeToken): number {
  let at = line.length - 1
  while (at >= 0 && (line.charCodeAt(at) === 32 || line.charCodeAt(at) === 9)) at--
  return at >= 0 && line[at] === escapeToken && line[at - 1] !== escapeToken ? at : -1
}
