/** The bytes behind stretches of lines of a text that was decoded from them. Asked in the order of the text, it reads them once. */
export class SourceBytes {
  private readonly bytes: Uint8Array | undefined
  private line = 1
  private at = 0

  constructor(source: string | Uint8Array) {
    this.bytes = typeof source === 'string' ? undefined : source
  }

  /**
   * Bytes of the lines from `first` up to the one before `end`; undefined where they are what `text` is in UTF-8.
   * @param text what these lines were decoded to
   */
  ofLines(first: number, end: number, text: string): Uint8Array | undefined {
    // Only what could not be decoded reads so, or what is so.
    if (!this.bytes || !text.includes('\ufffd')) return undefined
    const from = this.startOf(first)
    const made = this.bytes.slice(from, this.startOf(end))
    const same = new TextEncoder().encode(text)
    return same.length === made.length && same.every((byte, i) => byte === made[i]) ? undefined : made
  }

  private startOf(line: number): number {
    while (this.line < line) {
      const newline = this.bytes!.indexOf(10, this.at)
      this.at = newline < 0 ? this.bytes!.length : newline + 1
      this.line++
    }
    return this.at
  }
}
