import type { AwkDialect } from './dialect.js'
import { unset, type Value } from './values.js'

interface Entry {
  value: Value
  /** Its place among the keys that fall together: what was asked for last comes first. */
  stamp: number
  /** Only ever asked for by a number so far. */
  byNumber: boolean
}

/** Lists of mawk's tables: they begin with this many, and double when they have grown to this length. */
const firstLists = 64
const longestList = 12

let stamps = 0

/** An array of awk. Keys come out in the order in which that awk walks them. */
export class AwkArray {
  private readonly entries = new Map<string, Entry>()
  private readonly dialect: AwkDialect

  constructor(dialect: AwkDialect) {
    this.dialect = dialect
  }

  get size(): number {
    return this.entries.size
  }

  has(key: string): boolean {
    const entry = this.entries.get(key)
    if (entry) entry.stamp = ++stamps
    return entry !== undefined
  }

  /** What is at a key: asking makes it. */
  get(key: string, byNumber = false): Value {
    return this.entry(key, byNumber).value
  }

  set(key: string, value: Value, byNumber = false): void {
    this.entry(key, byNumber).value = value
  }

  private entry(key: string, byNumber: boolean): Entry {
    let entry = this.entries.get(key)
    if (entry) {
      if (!byNumber || entry.byNumber) entry.stamp = ++stamps
      if (!byNumber) entry.byNumber = false
    } else {
      entry = { value: unset, stamp: ++stamps, byNumber }
      this.entries.set(key, entry)
    }
    return entry
  }

  delete(key: string): void {
    this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
  }

  values(): [string, Value][] {
    return [...this.entries].map(([key, entry]) => [key, entry.value])
  }

  /** POSIX leaves the order open; scripts rely on what they see all the same, so mawk's is mawk's. */
  keys(): string[] {
    const { entries } = this
    if (this.dialect !== 'mawk') return [...entries.keys()]
    let lists = firstLists
    while (entries.size > lists * longestList) lists *= 2
    // Keys that were numbers enter the table of texts now: list by list, and each to the front.
    const numbers = [...entries].filter(([, entry]) => entry.byNumber)
    numbers.sort(([a, x], [b, y]) => (Number(a) & (lists - 1)) - (Number(b) & (lists - 1)) || y.stamp - x.stamp)
    for (const [, entry] of numbers) {
      entry.stamp = ++stamps
      entry.byNumber = false
    }
    const placed = [...entries].map(([key, entry]) => ({ key, stamp: entry.stamp, list: hash(key) & (lists - 1) }))
    return placed.sort((a, b) => a.list - b.list || b.stamp - a.stamp).map(({ key }) => key)
  }
}

/** FNV-1a. */
function hash(key: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < key.length; at++) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193)
  return value >>> 0
}

/** A variable: a value, or an array, or neither yet. */
export class Cell {
  value: Value = unset
  private array: AwkArray | undefined
  /** Where a parameter came from: it may turn out to be an array there. */
  private origin: Cell | undefined

  static of(value: Value): Cell {
    const cell = new Cell()
    cell.value = value
    return cell
  }

  /** A parameter that stands for this variable, whatever it becomes. */
  lend(): Cell {
    const cell = Cell.of(this.value)
    cell.origin = this
    return cell
  }

  get isArray(): boolean {
    return this.array !== undefined || (this.origin?.isArray ?? false)
  }

  elements(dialect: AwkDialect): AwkArray {
    this.array ??= this.origin ? this.origin.elements(dialect) : new AwkArray(dialect)
    return this.array
  }
}
