/**
 * Digests of host files, remembered by what `lstat` says of them, so that a file that did not change is not read again.
 *
 * A file that is written twice within one tick of the filesystem's clock looks the same after both. So an entry is believed
 * only if the file's times lay clearly before the moment it was looked at (git calls such entries "racy" and does the same).
 *
 * What was loaded stays in columns: a walk asks for tens of thousands of files in the order in which the last one did, and an object for each would cost
 * more than looking at the files.
 */
import type { Digest } from '@layerwright/digest'
import { decodeName, encodeName } from '../names.js'

const MAGIC = 'layerwright stat cache 2\n'
/** In the machine's byte order: a cache from another kind of machine is none. */
const ORDER = 0x01020304
/** Magic, then the order, the number of files and the bytes of their paths; the columns begin at a multiple of 8. */
const HEAD = 40
/** Size, mtime, ctime, inode, mode, the moment. */
const NUMBERS = 6
const DIGEST = 32
/** Ticks of the kernel's coarse clock are at most 10 ms. */
const TICK_MS = 20
/** Filesystems that keep whole seconds only (FAT: two) show it by times without a fraction. */
const COARSE_TICK_MS = 2000

/** One cache belongs to one folder: its paths are relative to that. */
export class StatCache {
  #columns: Columns = { paths: [], numbers: new Float64Array(0), digests: Buffer.alloc(0) }
  /** All digests of the columns, made when the first is wanted: one call, instead of one for each. */
  #hex: string | undefined
  /** Where in the columns the next file that is asked for probably is. */
  #cursor = 0
  // What was asked for since it was loaded, a slot for each question: the row of the columns that is still true of it, or -1; else the path, its facts, and the
  // digest once somebody has worked it out. A path that a row has is not kept twice: it would outlive the walk.
  readonly #paths: (string | undefined)[] = []
  readonly #rows: number[] = []
  #facts = new Float64Array(0)
  readonly #learned: (Digest | undefined)[] = []
  #learnedCount = 0
  /** Slots with a digest by path; made when a path is asked for after something was learnt. */
  #index: Map<string, number> | undefined

  /** A cache as `save` gave it. Bytes that are none (damaged, of another version) make an empty cache: nothing rests on it. */
  static load(bytes: Uint8Array): StatCache {
    const cache = new StatCache()
    cache.#columns = readColumns(bytes) ?? cache.#columns
    return cache
  }

  /** Number of files. */
  get size(): number {
    let size = this.#columns.paths.length
    for (const path of this.#learnedSlots().keys()) if (this.#rowOf(path) === undefined) size++
    return size
  }

  /** Whether there is anything to save that was not loaded. */
  get changed(): boolean {
    return this.#learnedCount > 0
  }

  /**
   * Asks for a file by what `lstat` says of it: times in milliseconds with their fraction, as Node gives them without `bigint` (exact to a quarter of a
   * microsecond, far below a clock's tick); an inode number above 2^53 may be rounded, if it always is. `seenMs`: when the file was looked at.
   * Gives a slot, for `digestAt` and `learn`.
   */
  ask(path: string, size: number, mtimeMs: number, ctimeMs: number, ino: number, mode: number, seenMs: number): number {
    const slot = this.#rows.length
    const before = this.#learnedCount > 0 ? this.#learnedSlots().get(path) : undefined
    if (before !== undefined && isStill(this.#facts, before, size, mtimeMs, ctimeMs, ino, mode)) {
      this.#rows.push(-1)
      this.#paths[slot] = path
      this.#setFacts(slot, size, mtimeMs, ctimeMs, ino, mode, this.#facts[before * NUMBERS + 5]!)
      this.#learned[slot] = this.#learned[before]
      return slot
    }
    const row = this.#columns.paths[this.#cursor] === path ? this.#cursor : this.#rowOf(path)
    if (row !== undefined) this.#cursor = row + 1
    if (before === undefined && row !== undefined && isStill(this.#columns.numbers, row, size, mtimeMs, ctimeMs, ino, mode)) {
      this.#rows.push(row)
      return slot
    }
    this.#rows.push(-1)
    this.#paths[slot] = path
    this.#setFacts(slot, size, mtimeMs, ctimeMs, ino, mode, seenMs)
    return slot
  }

  /** The digest of the file of a slot, if it is still what it was when its digest was remembered. */
  digestAt(slot: number): Digest | undefined {
    const row = this.#rows[slot]!
    return row < 0 ? this.#learned[slot] : this.#digestOfRow(row)
  }

  /** Remembers the digest of the file of a slot. */
  learn(slot: number, digest: Digest): void {
    this.#learned[slot] = digest
    this.#learnedCount++
    this.#index?.set(this.#paths[slot]!, slot)
  }

  /**
   * The cache as bytes. `prune` leaves out what was not asked for since it was loaded (files that are gone, or ignored now).
   */
  save(options: { readonly prune?: boolean } = {}): Uint8Array {
    const asked = this.#answered()
    return writeColumns(options.prune ? asked : merge(asked, this.#loaded()))
  }

  /** What is known of the paths that were asked for, in the order of a walk: as they came, unless there were several walks. */
  #answered(): Entry[] {
    const entries: Entry[] = []
    let ordered = true
    for (let slot = 0; slot < this.#rows.length; slot++) {
      const row = this.#rows[slot]!
      const path = row < 0 ? this.#paths[slot]! : this.#columns.paths[row]!
      const digest = this.#learned[slot]
      if (row < 0 && digest === undefined) continue
      const last = entries.at(-1)
      ordered &&= last === undefined || walkOrder(last.path, path) < 0
      entries.push(row < 0 ? { path, numbers: this.#facts, at: slot, digest } : { path, numbers: this.#columns.numbers, at: row, digest })
    }
    for (const entry of entries) entry.digest ??= this.#digestOfRow(entry.at)
    if (ordered) return entries
    // The later answer is the newer one.
    return [...new Map(entries.map((entry) => [entry.path, entry])).values()].sort((a, b) => walkOrder(a.path, b.path))
  }

  #loaded(): Entry[] {
    const { paths, numbers } = this.#columns
    return paths.map((path, at) => ({ path, numbers, at, digest: this.#digestOfRow(at) }))
  }

  #digestOfRow(row: number): Digest {
    this.#hex ??= this.#columns.digests.toString('hex')
    return `sha256:${this.#hex.slice(row * 2 * DIGEST, (row + 1) * 2 * DIGEST)}`
  }

  #learnedSlots(): Map<string, number> {
    if (!this.#index) {
      this.#index = new Map()
      for (let slot = 0; slot < this.#learned.length; slot++) if (this.#learned[slot]) this.#index.set(this.#paths[slot]!, slot)
    }
    return this.#index
  }

  #setFacts(slot: number, size: number, mtimeMs: number, ctimeMs: number, ino: number, mode: number, seenMs: number): void {
    const at = slot * NUMBERS
    if (this.#facts.length < at + NUMBERS) {
      const more = new Float64Array(Math.max(1024, (at + NUMBERS) * 2))
      more.set(this.#facts)
      this.#facts = more
    }
    this.#facts[at] = size
    this.#facts[at + 1] = mtimeMs
    this.#facts[at + 2] = ctimeMs
    this.#facts[at + 3] = ino
    this.#facts[at + 4] = mode
    this.#facts[at + 5] = seenMs
  }

  #rowOf(path: string): number | undefined {
    const { paths } = this.#columns
    let low = 0
    let high = paths.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const order = walkOrder(paths[middle]!, path)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }
}

/** Something to save: a path, its digest, and where its numbers stand. */
interface Entry {
  readonly path: string
  readonly numbers: Float64Array
  readonly at: number
  digest: Digest | undefined
}

/** Both in the order of a walk; where both have a path, the first one's is taken. */
function merge(first: readonly Entry[], second: readonly Entry[]): Entry[] {
  const merged: Entry[] = []
  let i = 0
  for (const entry of second) {
    while (i < first.length && walkOrder(first[i]!.path, entry.path) < 0) merged.push(first[i++]!)
    if (first[i]?.path !== entry.path) merged.push(entry)
  }
  while (i < first.length) merged.push(first[i++]!)
  return merged
}

/** The order in which a walk meets files: that of the paths, with the slash before everything else. */
function walkOrder(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return (x === SLASH ? -1 : x) - (y === SLASH ? -1 : y)
  }
  return a.length - b.length
}
const SLASH = 47

/** Whether the facts at a place are true of a file, and the file was not being written when they were taken. */
function isStill(numbers: Float64Array, place: number, size: number, mtimeMs: number, ctimeMs: number, ino: number, mode: number): boolean {
  const at = place * NUMBERS
  const same =
    numbers[at] === size &&
    numbers[at + 1] === mtimeMs &&
    numbers[at + 2] === ctimeMs &&
    numbers[at + 3] === ino &&
    numbers[at + 4] === mode
  return same && !isRacy(mtimeMs, ctimeMs, numbers[at + 5]!)
}

function isRacy(mtimeMs: number, ctimeMs: number, seenMs: number): boolean {
  const tick = mtimeMs % 1000 === 0 && ctimeMs % 1000 === 0 ? COARSE_TICK_MS : TICK_MS
  return mtimeMs + tick >= seenMs || ctimeMs + tick >= seenMs
}

interface Columns {
  readonly paths: readonly string[]
  readonly numbers: Float64Array
  readonly digests: Buffer
}

function writeColumns(entries: readonly Entry[]): Uint8Array {
  // A path holds no NUL, so NUL separates them.
  const paths = encodeName(entries.map(({ path }) => path).join('\0'))
  const out = Buffer.alloc(HEAD + entries.length * (NUMBERS * 8 + DIGEST) + paths.length)
  out.write(MAGIC, 'latin1')
  new Uint32Array(out.buffer, out.byteOffset + HEAD - 12, 3).set([ORDER, entries.length, paths.length])
  const numbers = new Float64Array(out.buffer, out.byteOffset + HEAD, entries.length * NUMBERS)
  entries.forEach((entry, row) => {
    for (let i = 0; i < NUMBERS; i++) numbers[row * NUMBERS + i] = entry.numbers[entry.at * NUMBERS + i]!
  })
  // All in one call: thirty thousand small ones cost more than the rest of this function.
  out.write(entries.map(({ digest }) => digest!.slice('sha256:'.length)).join(''), HEAD + numbers.byteLength, 'hex')
  out.set(paths, HEAD + numbers.byteLength + entries.length * DIGEST)
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
}

function readColumns(given: Uint8Array): Columns | undefined {
  if (given.length < HEAD) return undefined
  // Columns are laid over the bytes, which have to begin at a multiple of 8 for that.
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice()
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const [order, count = 0, pathBytes = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset + HEAD - 12, 3)
  const digests = HEAD + count * NUMBERS * 8
  const start = digests + count * DIGEST
  if (order !== ORDER || bytes.length !== start + pathBytes) return undefined
  const paths = count === 0 ? [] : decodeName(bytes.subarray(start)).split('\0')
  if (paths.length !== count) return undefined
  return {
    paths,
    numbers: new Float64Array(bytes.buffer, bytes.byteOffset + HEAD, count * NUMBERS),
    digests: buffer.subarray(digests, start),
  }
}
