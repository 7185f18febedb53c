/**
 * Digests of host files, remembered by what `lstat` says of them, so that a file that did not change is not read again.
 *
 * A file that is written twice within one tick of the filesystem's clock looks the same after both. So an entry is believed
 * only if the file's times lay clearly before the moment it was looked at (git calls such entries "racy" and does the same).
 */
import { type Digest, hexOf } from '@layerwright/digest'
import { decodeName, encodeName } from '../names.js'

/** What an entry depends on: what `lstat` says. An inode number above 2^53 may be rounded, if it always is. */
export interface StatFacts {
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: number
  readonly mode: number
}

interface Entry {
  readonly facts: StatFacts
  readonly digest: Digest
  /** When the file was looked at. */
  readonly seenNs: bigint
  used: boolean
}

const MAGIC = 'layerwright stat cache 1\n'
/** Five numbers of 64 bits, the moment, 32 bytes of digest. */
const RECORD = 6 * 8 + 32
/** Ticks of the kernel's coarse clock are at most 10 ms. */
const TICK_NS = 20_000_000n
/** Filesystems that keep whole seconds only (FAT: two) show it by times without a fraction. */
const COARSE_TICK_NS = 2_000_000_000n
const SECOND_NS = 1_000_000_000n

/** One cache belongs to one folder: its paths are relative to that. */
export class StatCache {
  readonly #entries = new Map<string, Entry>()
  #changed = false

  /** A cache as `save` gave it. Bytes that are none (damaged, of another version) make an empty cache: nothing rests on it. */
  static load(bytes: Uint8Array): StatCache {
    const cache = new StatCache()
    readEntries(bytes, (path, entry) => cache.#entries.set(path, entry))
    return cache
  }

  /** Number of files. */
  get size(): number {
    return this.#entries.size
  }

  /** Whether there is anything to save that was not loaded. */
  get changed(): boolean {
    return this.#changed
  }

  /** The digest of a file, if it is still what it was when its digest was remembered. */
  get(path: string, facts: StatFacts): Digest | undefined {
    const entry = this.#entries.get(path)
    if (!entry || !sameFacts(entry.facts, facts) || isRacy(entry)) return undefined
    entry.used = true
    return entry.digest
  }

  /** Remembers the digest of a file that `facts` were true of at the moment `seenNs` (the clock, nanoseconds since 1970). */
  set(path: string, facts: StatFacts, digest: Digest, seenNs: bigint): void {
    const { size, mtimeNs, ctimeNs, ino, mode } = facts
    this.#entries.set(path, { facts: { size, mtimeNs, ctimeNs, ino, mode }, digest, seenNs, used: true })
    this.#changed = true
  }

  /**
   * The cache as bytes. `prune` leaves out what was not asked for since it was loaded (files that are gone, or ignored now).
   */
  save(options: { readonly prune?: boolean } = {}): Uint8Array {
    const kept = [...this.#entries].filter(([, entry]) => entry.used || !options.prune)
    return writeEntries(kept)
  }
}

function sameFacts(a: StatFacts, b: StatFacts): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.mode === b.mode
}

function isRacy({ facts, seenNs }: Entry): boolean {
  const times = [facts.mtimeNs, facts.ctimeNs]
  const tick = times.every((time) => time % SECOND_NS === 0n) ? COARSE_TICK_NS : TICK_NS
  return times.some((time) => time + tick >= seenNs)
}

// Columns would be smaller; records are read in one pass and are 80 bytes beside their path.
function writeEntries(entries: readonly (readonly [string, Entry])[]): Uint8Array {
  const head = encodeName(MAGIC)
  // A path holds no NUL, so NUL separates them.
  const paths = encodeName(entries.map(([path]) => path).join('\0'))
  const out = new Uint8Array(head.length + 8 + paths.length + entries.length * RECORD)
  const view = new DataView(out.buffer)
  const buffer = Buffer.from(out.buffer)
  out.set(head)
  view.setUint32(head.length, entries.length)
  view.setUint32(head.length + 4, paths.length)
  out.set(paths, head.length + 8)
  let at = head.length + 8 + paths.length
  for (const [, { facts, digest, seenNs }] of entries) {
    view.setFloat64(at, facts.size)
    view.setBigInt64(at + 8, facts.mtimeNs)
    view.setBigInt64(at + 16, facts.ctimeNs)
    view.setFloat64(at + 24, facts.ino)
    view.setFloat64(at + 32, facts.mode)
    view.setBigInt64(at + 40, seenNs)
    at += 48
    const hex = hexOf(digest)
    buffer.write(hex, at, 'hex')
    at += 32
  }
  return out
}

function readEntries(bytes: Uint8Array, add: (path: string, entry: Entry) => void): void {
  const head = encodeName(MAGIC)
  if (bytes.length < head.length + 8 || head.some((byte, i) => bytes[i] !== byte)) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getUint32(head.length)
  const pathBytes = view.getUint32(head.length + 4)
  const start = head.length + 8 + pathBytes
  if (bytes.length !== start + count * RECORD) return
  const paths = count === 0 ? [] : decodeName(bytes.subarray(head.length + 8, start)).split('\0')
  if (paths.length !== count) return
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < count; i++) {
    const at = start + i * RECORD
    const facts: StatFacts = {
      size: view.getFloat64(at),
      mtimeNs: view.getBigInt64(at + 8),
      ctimeNs: view.getBigInt64(at + 16),
      ino: view.getFloat64(at + 24),
      mode: view.getFloat64(at + 32),
    }
    const digest: Digest = `sha256:${buffer.toString('hex', at + 48, at + 80)}`
    add(paths[i]!, { facts, digest, seenNs: view.getBigInt64(at + 40), used: false })
  }
}
