/**
 * Digests of host files, remembered by what `lstat` says of them, so that a file that did not change is not read again.
 *
 * A file that is written twice within one tick of the filesystem's clock looks the same after both. So an entry is believed
 * only if the file's times lay clearly before the moment it was looked at (git calls such entries "racy" and does the same).
 *
 * What was loaded stays in columns: a walk asks for tens of thousands of files in the order in which the last one did, and an object for each would cost
 * more than looking at the files.
 */
import { type Digest, hexOf } from '@layerwright/digest'
import { decodeName, encodeName } from '../names.js'

/**
 * What an entry depends on: what `lstat` says. Times in milliseconds with their fraction, as Node gives them without `bigint`: exact to a quarter of a
 * microsecond, far below a clock's tick. An inode number above 2^53 may be rounded, if it always is.
 */
export interface StatFacts {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  readonly mode: number
}

interface Entry {
  readonly facts: StatFacts
  readonly digest: Digest
  /** When the file was looked at. */
  readonly seenMs: number
}

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
  /** Where in the columns the next file that is asked for probably is. */
  #cursor = 0
  readonly #learned = new Map<string, Entry>()
  /** Paths that were asked for since it was loaded. */
  readonly #asked: string[] = []

  /** A cache as `save` gave it. Bytes that are none (damaged, of another version) make an empty cache: nothing rests on it. */
  static load(bytes: Uint8Array): StatCache {
    const cache = new StatCache()
    cache.#columns = readColumns(bytes) ?? cache.#columns
    return cache
  }

  /** Number of files. */
  get size(): number {
    let size = this.#columns.paths.length
    for (const path of this.#learned.keys()) if (this.#rowOf(path) === undefined) size++
    return size
  }

  /** Whether there is anything to save that was not loaded. */
  get changed(): boolean {
    return this.#learned.size > 0
  }

  /** The digest of a file, if it is still what it was when its digest was remembered. */
  get(path: string, facts: StatFacts): Digest | undefined {
    this.#asked.push(path)
    const learned = this.#learned.get(path)
    if (learned) return sameFacts(learned.facts, facts) && !isRacy(facts, learned.seenMs) ? learned.digest : undefined
    const row = this.#columns.paths[this.#cursor] === path ? this.#cursor : this.#rowOf(path)
    if (row === undefined) return undefined
    this.#cursor = row + 1
    const { numbers } = this.#columns
    const at = row * NUMBERS
    const same =
      numbers[at] === facts.size &&
      numbers[at + 1] === facts.mtimeMs &&
      numbers[at + 2] === facts.ctimeMs &&
      numbers[at + 3] === facts.ino &&
      numbers[at + 4] === facts.mode
    return same && !isRacy(facts, numbers[at + 5]!) ? this.#digestOf(row) : undefined
  }

  /** Remembers the digest of a file that `facts` were true of at the moment `seenMs` (the clock, milliseconds since 1970). */
  set(path: string, facts: StatFacts, digest: Digest, seenMs: number): void {
    const { size, mtimeMs, ctimeMs, ino, mode } = facts
    this.#learned.set(path, { facts: { size, mtimeMs, ctimeMs, ino, mode }, digest, seenMs })
  }

  /**
   * The cache as bytes. `prune` leaves out what was not asked for since it was loaded (files that are gone, or ignored now).
   */
  save(options: { readonly prune?: boolean } = {}): Uint8Array {
    const paths = new Set(this.#asked)
    if (!options.prune) for (const path of this.#columns.paths) paths.add(path)
    for (const path of this.#learned.keys()) paths.add(path)
    const entries: [string, Entry][] = []
    for (const path of paths) {
      const entry = this.#entryOf(path)
      if (entry) entries.push([path, entry])
    }
    return writeColumns(entries.sort(([a], [b]) => walkOrder(a, b)))
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

  #digestOf(row: number): Digest {
    return `sha256:${this.#columns.digests.toString('hex', row * DIGEST, (row + 1) * DIGEST)}`
  }

  #entryOf(path: string): Entry | undefined {
    const learned = this.#learned.get(path)
    if (learned) return learned
    const row = this.#rowOf(path)
    if (row === undefined) return undefined
    const [size = 0, mtimeMs = 0, ctimeMs = 0, ino = 0, mode = 0, seenMs = 0] = this.#columns.numbers.subarray(row * NUMBERS)
    return { facts: { size, mtimeMs, ctimeMs, ino, mode }, digest: this.#digestOf(row), seenMs }
  }
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

function sameFacts(a: StatFacts, b: StatFacts): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.ino === b.ino && a.mode === b.mode
}

function isRacy({ mtimeMs, ctimeMs }: StatFacts, seenMs: number): boolean {
  const tick = mtimeMs % 1000 === 0 && ctimeMs % 1000 === 0 ? COARSE_TICK_MS : TICK_MS
  return mtimeMs + tick >= seenMs || ctimeMs + tick >= seenMs
}

interface Columns {
  readonly paths: readonly string[]
  readonly numbers: Float64Array
  readonly digests: Buffer
}

function writeColumns(entries: readonly (readonly [string, Entry])[]): Uint8Array {
  // A path holds no NUL, so NUL separates them.
  const paths = encodeName(entries.map(([path]) => path).join('\0'))
  const out = Buffer.alloc(HEAD + entries.length * (NUMBERS * 8 + DIGEST) + paths.length)
  out.write(MAGIC, 'latin1')
  new Uint32Array(out.buffer, out.byteOffset + HEAD - 12, 3).set([ORDER, entries.length, paths.length])
  const numbers = new Float64Array(out.buffer, out.byteOffset + HEAD, entries.length * NUMBERS)
  const digests = HEAD + numbers.byteLength
  entries.forEach(([, { facts, digest, seenMs }], row) => {
    const { size, mtimeMs, ctimeMs, ino, mode } = facts
    numbers.set([size, mtimeMs, ctimeMs, ino, mode, seenMs], row * NUMBERS)
    out.write(hexOf(digest), digests + row * DIGEST, 'hex')
  })
  out.set(paths, digests + entries.length * DIGEST)
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
