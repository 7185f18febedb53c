/**
 * Digests of host files, remembered by what `lstat` says of them, so that a file that did not change is not read again.
 *
 * A file that is written twice within one tick of the filesystem's clock looks the same after both. So an entry is believed
 * only if the file's times lay clearly before the moment it was looked at (git calls such entries "racy" and does the same).
 *
 * What was loaded stays in columns: a walk asks for tens of thousands of files in the order in which the last one did, and an object for each would cost
 * more than looking at the files.
 */
import { DIGEST_BYTES, type Digest, writeDigest } from '@layerwright/digest'
import type { FileFacts } from './host-content.js'
import { type Columns, makeColumns, NO_COLUMNS, NUMBERS, readColumns, WORDS } from './stat-columns.js'

/** Ticks of the kernel's coarse clock are at most 10 ms. */
const TICK_MS = 20
/** Filesystems that keep whole seconds only (FAT: two) show it by times without a fraction. */
const COARSE_TICK_MS = 2000

/** One cache belongs to one folder: its paths are relative to that. */
export class StatCache {
  #columns: Columns = NO_COLUMNS
  /** All digests of the columns, made when the first is wanted: one call, instead of one for each. */
  #hex: string | undefined
  /** Where in the columns the next file that is asked for probably is. */
  #cursor = 0
  // What was asked for since it was loaded, a slot for each question: the row of the columns that is still true of it, or -1; else its folder and name (the
  // walk has both anyway; a path of each file would be one more string for each), its facts, and the digest once somebody has worked it out.
  readonly #folders: (string | undefined)[] = []
  readonly #names: (string | undefined)[] = []
  readonly #rows: number[] = []
  #facts = new Float64Array(0)
  #digests = Buffer.alloc(0)
  #learned = new Uint8Array(0)
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
   * microsecond, far below a clock's tick); an inode number above 2^53 may be rounded, if it always is. `folder` is its path with a slash at the end, or
   * empty; `seenMs`: when the file was looked at. Gives a slot, for `digestAt` and `learn`.
   */
  ask(folder: string, name: string, size: number, mtimeMs: number, ctimeMs: number, ino: number, mode: number, seenMs: number): number {
    const slot = this.#rows.length
    const before = this.#learnedCount > 0 ? this.#learnedSlots().get(folder + name) : undefined
    if (before !== undefined && isStill(this.#facts, before, size, mtimeMs, ctimeMs, ino, mode)) {
      this.#take(folder, name, size, mtimeMs, ctimeMs, ino, mode, this.#facts[before * NUMBERS + 5]!)
      this.#learned[slot] = 1
      this.#digests.copyWithin(slot * DIGEST_BYTES, before * DIGEST_BYTES, (before + 1) * DIGEST_BYTES)
      return slot
    }
    const row = isPath(this.#columns.paths[this.#cursor], folder, name) ? this.#cursor : this.#rowOf(folder + name)
    if (row !== undefined) this.#cursor = row + 1
    if (before === undefined && row !== undefined && isStill(this.#columns.numbers, row, size, mtimeMs, ctimeMs, ino, mode)) {
      this.#rows.push(row)
      return slot
    }
    this.#take(folder, name, size, mtimeMs, ctimeMs, ino, mode, seenMs)
    return slot
  }

  /** The digest of the file of a slot, if it is still what it was when its digest was remembered. */
  digestAt(slot: number): Digest | undefined {
    const row = this.#rows[slot]!
    if (row >= 0) return this.#digestOfRow(row)
    return this.#learned[slot] ? `sha256:${this.#digests.toString('hex', slot * DIGEST_BYTES, (slot + 1) * DIGEST_BYTES)}` : undefined
  }

  /** Whether there is one. */
  knows(slot: number): boolean {
    return this.#rows[slot]! >= 0 || this.#learned[slot] === 1
  }

  /** Size and time that a slot was asked for with. */
  factsAt(slot: number): FileFacts {
    const row = this.#rows[slot]!
    const numbers = row >= 0 ? this.#columns.numbers : this.#facts
    const at = (row >= 0 ? row : slot) * NUMBERS
    return { size: numbers[at]!, mtimeMs: numbers[at + 1]! }
  }

  /** The mode that a slot was asked for with. */
  modeAt(slot: number): number {
    const row = this.#rows[slot]!
    return row >= 0 ? this.#columns.numbers[row * NUMBERS + 4]! : this.#facts[slot * NUMBERS + 4]!
  }

  /** Remembers the digest of the file of a slot. */
  learn(slot: number, digest: Digest): void {
    const row = this.#rows[slot]!
    if (row >= 0) {
      this.#rows[slot] = -1
      this.#folders[slot] = ''
      this.#names[slot] = this.#columns.paths[row]!
      this.#makeRoom(slot)
      this.#facts.set(this.#columns.numbers.subarray(row * NUMBERS, (row + 1) * NUMBERS), slot * NUMBERS)
    }
    this.#learned[slot] = 1
    writeDigest(digest, this.#digests, slot * DIGEST_BYTES)
    this.#learnedCount++
    this.#index?.set(this.#pathAt(~slot), slot)
  }

  /**
   * The cache as bytes. `prune` leaves out what was not asked for since it was loaded (files that are gone, or ignored now).
   */
  save(options: { readonly prune?: boolean } = {}): Uint8Array {
    const asked = this.#answered()
    const kept = options.prune ? asked : this.#merge(asked, this.#columns.paths.keys())
    const { bytes, numbers, digests } = makeColumns(kept.map((place) => this.#pathAt(place)))
    const learnt = { numbers: this.#facts, digests: new Uint32Array(this.#digests.buffer) }
    for (let row = 0; row < kept.length; row++) {
      const place = kept[row]!
      const from = place < 0 ? learnt : this.#columns
      const at = place < 0 ? ~place : place
      for (let i = 0; i < NUMBERS; i++) numbers[row * NUMBERS + i] = from.numbers[at * NUMBERS + i]!
      for (let i = 0; i < WORDS; i++) digests[row * WORDS + i] = from.digests[at * WORDS + i]!
    }
    return bytes
  }

  /** What is known of the paths that were asked for, in the order of a walk: as they came, unless there were several walks. */
  #answered(): Place[] {
    const places: Place[] = []
    let ordered = true
    let last = ''
    for (let slot = 0; slot < this.#rows.length; slot++) {
      const row = this.#rows[slot]!
      if (row < 0 && !this.#learned[slot]) continue
      const place = row < 0 ? ~slot : row
      const path = this.#pathAt(place)
      ordered &&= walkOrder(last, path) < 0
      last = path
      places.push(place)
    }
    if (ordered) return places
    // The later answer is the newer one.
    const latest = new Map(places.map((place) => [this.#pathAt(place), place]))
    return [...latest].sort(([a], [b]) => walkOrder(a, b)).map(([, place]) => place)
  }

  /** Both in the order of a walk; where both have a path, the first one's is taken. */
  #merge(first: readonly Place[], second: Iterable<Place>): Place[] {
    const merged: Place[] = []
    let i = 0
    for (const place of second) {
      const path = this.#pathAt(place)
      while (i < first.length && walkOrder(this.#pathAt(first[i]!), path) < 0) merged.push(first[i++]!)
      if (i === first.length || this.#pathAt(first[i]!) !== path) merged.push(place)
    }
    while (i < first.length) merged.push(first[i++]!)
    return merged
  }

  #pathAt(place: Place): string {
    return place < 0 ? this.#folders[~place]! + this.#names[~place]! : this.#columns.paths[place]!
  }

  #digestOfRow(row: number): Digest {
    const { buffer, byteOffset, byteLength } = this.#columns.digests
    this.#hex ??= Buffer.from(buffer, byteOffset, byteLength).toString('hex')
    return `sha256:${this.#hex.slice(row * 2 * DIGEST_BYTES, (row + 1) * 2 * DIGEST_BYTES)}`
  }

  #learnedSlots(): Map<string, number> {
    if (!this.#index) {
      this.#index = new Map()
      for (let slot = 0; slot < this.#learned.length; slot++) if (this.#learned[slot]) this.#index.set(this.#pathAt(~slot), slot)
    }
    return this.#index
  }

  /** The next slot, with the facts of a file. */
  #take(folder: string, name: string, size: number, mtimeMs: number, ctimeMs: number, ino: number, mode: number, seenMs: number): void {
    const slot = this.#rows.push(-1) - 1
    this.#folders[slot] = folder
    this.#names[slot] = name
    this.#makeRoom(slot)
    const at = slot * NUMBERS
    this.#facts[at] = size
    this.#facts[at + 1] = mtimeMs
    this.#facts[at + 2] = ctimeMs
    this.#facts[at + 3] = ino
    this.#facts[at + 4] = mode
    this.#facts[at + 5] = seenMs
  }

  #makeRoom(slot: number): void {
    if (slot < this.#learned.length) return
    const room = Math.max(256, (slot + 1) * 2)
    const [facts, digests, learned] = [new Float64Array(room * NUMBERS), Buffer.alloc(room * DIGEST_BYTES), new Uint8Array(room)]
    facts.set(this.#facts)
    digests.set(this.#digests)
    learned.set(this.#learned)
    this.#facts = facts
    this.#digests = digests
    this.#learned = learned
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

/** Where something that is known stands: the row of a loaded file, or what `~` makes of the slot of one that was learnt. */
type Place = number

/** Whether a path is that of a name in a folder, without making it: this is asked for every file of every build. */
const isPath = (path: string | undefined, folder: string, name: string): boolean =>
  // prefix-ok: the lengths make it the same text
  path?.length === folder.length + name.length && path.startsWith(folder) && path.endsWith(name)

/** The order in which a walk meets files: that of the paths, with the slash before everything else. */
function walkOrder(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
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
