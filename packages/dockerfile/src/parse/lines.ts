import { DockerfileSyntaxError } from '../errors.js'
import { utf8Length } from '../text/utf8.js'

/**
 * Gives the lines of a text one by one. Only `\n` ends a line (a `\r` in front of it belongs to the line's end); U+2028 and the like are
 * ordinary characters.
 */
export class LineReader {
  /** Number of the line that `next` gave last; 0 before the first. */
  line = 0
  /** Where that line starts in the text, and where the next one does. */
  start = 0
  end = 0
  private readonly text: string
  private readonly limit: number

  /** @param limit bytes of a line with its newline */
  constructor(text: string, limit: number) {
    this.text = text
    this.limit = limit
  }

  /**
   * Moves to the next line; false at the end of the text.
   * @throws DockerfileSyntaxError LINE_TOO_LONG. The reference stops reading there and reports whatever fault it finds in what it has;
   * we always name the line.
   */
  next(): boolean {
    if (this.end >= this.text.length) return false
    const newline = this.text.indexOf('\n', this.end)
    this.start = this.end
    this.end = newline < 0 ? this.text.length : newline + 1
    this.line++
    // Without a newline one byte less fits into the reference's buffer.
    const room = newline < 0 ? this.limit - 1 : this.limit
    const length = this.end - this.start
    if (length * 3 > room && (length > room || utf8Length(this.text.slice(this.start, this.end)) > room)) {
      throw new DockerfileSyntaxError(
        {
          code: 'LINE_TOO_LONG',
          message: `dockerfile line greater than max allowed size of ${this.limit - 1}`,
          hint: 'Break the line with continuations, or put the text into a file that is copied.',
        },
        'parse',
        [{ startLine: this.line, endLine: this.line }],
      )
    }
    return true
  }

  /** The current line without the `\r` and `\n` characters at its end. */
  content(): string {
    let end = this.end
    while (end > this.start) {
      const code = this.text.charCodeAt(end - 1)
      if (code !== 10 && code !== 13) break
      end--
    }
    return this.text.slice(this.start, end)
  }
}
