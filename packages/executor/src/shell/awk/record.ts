import { fromInput, type Value } from './values.js'

/** Splits a text into fields. */
export type Splitter = (text: string) => string[]

/** `$0` and its fields: split when first asked for, joined again when one was changed. */
export class AwkRecord {
  private whole: Value = ''
  private source = ''
  private splitter: Splitter
  private fields: Value[] | undefined
  /** A field was assigned: `$0` is to be made from them. */
  private stale = false
  private readonly join: (fields: readonly Value[]) => string

  constructor(splitter: Splitter, join: (fields: readonly Value[]) => string) {
    this.splitter = splitter
    this.join = join
  }

  /** A new record, which will be split as FS says now. */
  assign(text: string, splitter: Splitter): void {
    this.source = text
    this.whole = fromInput(text)
    this.splitter = splitter
    this.fields = undefined
    this.stale = false
  }

  get text(): string {
    if (this.stale) {
      this.source = this.join(this.fields!)
      this.whole = fromInput(this.source)
      this.stale = false
    }
    return this.source
  }

  private split(): Value[] {
    this.fields ??= this.splitter(this.source).map(fromInput)
    return this.fields
  }

  get count(): number {
    return this.split().length
  }

  get(index: number): Value {
    if (index === 0) return this.stale ? fromInput(this.text) : this.whole
    return this.split()[index - 1] ?? ''
  }

  set(index: number, value: Value): void {
    const fields = this.split()
    while (fields.length < index) fields.push('')
    fields[index - 1] = value
    this.stale = true
  }

  resize(count: number): void {
    const fields = this.split()
    while (fields.length < count) fields.push('')
    fields.length = count
    this.stale = true
  }
}
