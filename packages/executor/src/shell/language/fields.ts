import { escapePattern } from './pattern.js'

/** One word that comes out of an expansion: its text, and the pattern it is when file names are looked up. */
export interface Field {
  text: string
  /** As `text`, with what was quoted escaped. */
  pattern: string
  glob: boolean
}

/** Collects the fields of one word: quoted text joins, unquoted expansions split at IFS. */
export class FieldBuilder {
  readonly fields: Field[] = []
  private current: Field | undefined
  private readonly ifs: string
  /** False in assignments, patterns and here-documents: everything is one field. */
  private readonly splits: boolean

  constructor(ifs: string, splits: boolean) {
    this.ifs = ifs
    this.splits = splits
  }

  /** Whether lists are joined to one text. */
  get joins(): boolean {
    return !this.splits
  }

  private open(): Field {
    this.current ??= { text: '', pattern: '', glob: false }
    return this.current
  }

  quoted(text: string): void {
    const field = this.open()
    field.text += text
    field.pattern += escapePattern(text)
  }

  /** Literal text of the script that is not quoted; `pattern` where it may match file names. */
  literal(text: string, isGlob: boolean): void {
    const field = this.open()
    field.text += text
    field.pattern += text
    if (isGlob) field.glob = true
  }

  /** The result of an unquoted expansion. */
  split(text: string): void {
    if (text === '') return
    if (!this.splits || this.ifs === '') {
      this.value(text)
      return
    }
    let at = 0
    let from = 0
    while (at < text.length) {
      if (!this.ifs.includes(text[at]!)) {
        at++
        continue
      }
      if (at > from) this.value(text.slice(from, at))
      at = this.delimiter(text, at)
      from = at
    }
    if (at > from) this.value(text.slice(from, at))
  }

  /** Passes one delimiter: white space of IFS with at most one other character of it. */
  private delimiter(text: string, start: number): number {
    const isSpace = (char: string | undefined) => char !== undefined && ' \t\n'.includes(char) && this.ifs.includes(char)
    let at = start
    while (isSpace(text[at])) at++
    const other = at < text.length && this.ifs.includes(text[at]!)
    if (other) {
      at++
      while (isSpace(text[at])) at++
      this.open()
    }
    this.end()
    return at
  }

  private value(text: string): void {
    const field = this.open()
    field.text += text
    field.pattern += text.replace(/\\/g, '\\\\')
    if (/[*?[(]/.test(text)) field.glob = true
  }

  /** The next text begins a new field. */
  end(): void {
    if (!this.current) return
    this.fields.push(this.current)
    this.current = undefined
  }

  finish(): Field[] {
    this.end()
    return this.fields
  }
}
