import { IgnoreFileError } from './errors.js'
import { limits } from './limits.js'
import { cleanPath, trimSpace, utf8Length } from './text.js'

/** One line that counts, as the matcher takes it: trimmed, cleaned, without a leading slash; `!` in front for a re-inclusion. */
export interface IgnorePattern {
  readonly text: string
  /** 1-based. */
  readonly line: number
}

export interface IgnoreFile {
  readonly patterns: readonly IgnorePattern[]
}

function tooLong(line: number): IgnoreFileError {
  return new IgnoreFileError('bufio.Scanner: token too long', {
    code: 'IGNORE_FILE_LINE_TOO_LONG',
    phase: 'read',
    reason: `line ${line} is longer than ${limits.lineBytes} bytes`,
    hint: 'write one pattern a line',
    line,
  })
}

/**
 * Reads an ignore file. Bytes that are no UTF-8 read as U+FFFD. A line that starts with `#` is a comment (a space before the `#` makes
 * it a pattern); a byte order mark counts only on line 1; `\n` and `\r\n` end a line.
 * @throws IgnoreFileError for a line or a file beyond the limits. Patterns are checked by `createMatcher`, not here.
 */
export function parseIgnoreFile(input: string | Uint8Array): IgnoreFile {
  const size = typeof input === 'string' ? input.length : input.byteLength
  if (size > limits.fileBytes) {
    throw new IgnoreFileError(`the ignore file is larger than ${limits.fileBytes} bytes`, {
      code: 'IGNORE_FILE_TOO_LARGE',
      phase: 'read',
      reason: `it has ${size} bytes`,
      hint: 'name directories instead of each file in them',
    })
  }
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input)
  const patterns: IgnorePattern[] = []
  const lines = text.split('\n')
  lines.forEach((raw, index) => {
    const line = index + 1
    // A character has at most three bytes a UTF-16 unit, so short lines need no counting.
    if (raw.length * 3 > limits.lineBytes && utf8Length(raw) > limits.lineBytes) throw tooLong(line)
    let content = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === 1 && content.startsWith('\ufeff')) content = content.slice(1)
    if (content.startsWith('#')) return
    content = trimSpace(content)
    if (content === '') return
    const negated = content.startsWith('!')
    if (negated) content = trimSpace(content.slice(1))
    if (content !== '') {
      content = cleanPath(content)
      if (content.length > 1 && content.startsWith('/')) content = content.slice(1)
    }
    patterns.push({ text: negated ? `!${content}` : content, line })
  })
  return { patterns }
}
