import { fromBytes } from '../system/bytes.js'
import type { OpenFile } from '../system/open-file.js'
import type { Task } from '../system/task.js'

/** How records end: in a byte, in blank lines, or in what an expression matches. */
export type Separator =
  | { readonly kind: 'byte'; readonly byte: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'match'; readonly expression: RegExp }

const blank = /\n\n+/g

/** Records of a file or of a command's output, read as they come. */
export class RecordReader {
  private readonly file: OpenFile
  private readonly task: Task
  private buffer = ''
  private at = 0
  private ended = false

  constructor(file: OpenFile, task: Task) {
    this.file = file
    this.task = task
  }

  close(): void {
    this.file.release()
  }

  /** The next record; undefined at the end. A promise only where more has to be read. */
  next(separator: Separator): string | undefined | Promise<string | undefined> {
    const found = this.take(separator)
    if (found !== false) return found
    return this.fill().then(() => this.next(separator))
  }

  private async fill(): Promise<void> {
    const bytes = await this.file.read(this.task, 65536)
    this.buffer = this.buffer.slice(this.at) + (bytes ? fromBytes(bytes) : '')
    this.at = 0
    this.ended = bytes === null
  }

  /** A record of what is there; false where more has to be read to know. */
  private take(separator: Separator): string | undefined | false {
    if (separator.kind === 'blank') {
      while (this.buffer[this.at] === '\n') this.at++
      if (this.at >= this.buffer.length) return this.ended ? undefined : false
    }
    const [end, next] = this.find(separator)
    if (end !== -1) {
      const record = this.buffer.slice(this.at, end)
      this.at = next
      return record
    }
    if (!this.ended) return false
    if (this.at >= this.buffer.length) return undefined
    const rest = this.buffer.slice(this.at)
    this.at = this.buffer.length
    return separator.kind === 'blank' || separator.kind === 'match' ? rest.replace(/\n$/, '') : rest
  }

  /** Where the record ends and where the next begins. */
  private find(separator: Separator): [number, number] {
    if (separator.kind === 'byte') {
      const end = this.buffer.indexOf(separator.byte, this.at)
      return [end, end + 1]
    }
    const expression = separator.kind === 'blank' ? blank : separator.expression
    for (expression.lastIndex = this.at; ; expression.lastIndex++) {
      const match = expression.exec(this.buffer)
      if (!match) return [-1, -1]
      const end = match.index + match[0].length
      if (match[0] === '') {
        expression.lastIndex = end
        continue
      }
      // At the end of what was read, it might go on.
      return end === this.buffer.length && !this.ended ? [-1, -1] : [match.index, end]
    }
  }
}
