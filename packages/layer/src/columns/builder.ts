import { type Digest, writeDigest } from '@layerwright/digest'
import type { Xattrs } from '@layerwright/vfs'
import type { PlainHeader } from '../tar/plain.js'
import type { LayerColumns, RowKind, SparseMap } from '../types.js'
import { GrowingColumns, grown } from './growing.js'
import { WaitingNames } from './names.js'
import { comparePaths } from './paths.js'

/** Names of `LayerColumns.kinds`. */
export const ROW_KINDS: readonly RowKind[] = ['file', 'hardlink', 'symlink', 'char', 'block', 'dir', 'fifo', 'whiteout', 'opaque']

export const KIND_OF: Readonly<Record<RowKind, number>> = {
  file: 0,
  hardlink: 1,
  symlink: 2,
  char: 3,
  block: 4,
  dir: 5,
  fifo: 6,
  whiteout: 7,
  opaque: 8,
}

/** Gathers rows in the order of the tar and sorts them at the end. */
export class ColumnsBuilder {
  readonly #columns: GrowingColumns
  /** Of the rows whose names are decoded; the last ones may wait in `#names`. */
  readonly #paths: string[] = []
  #count = 0
  /** 32 bytes a row, from the first row on that has one. */
  #digests = new Uint8Array(0)
  #hashed = new Uint8Array(0)
  readonly #targets = new Map<number, string>()
  readonly #devices = new Map<number, readonly [number, number]>()
  readonly #xattrs = new Map<number, Xattrs>()
  readonly #sparse = new Map<number, SparseMap>()
  #sorted = true
  #names: WaitingNames | undefined

  /** `expected`: how many rows are likely to come; only a guess. */
  constructor(expected = 0) {
    this.#columns = new GrowingColumns(expected)
  }

  get count(): number {
    return this.#count
  }

  add(
    kind: RowKind,
    path: string,
    mode: number,
    uid: number,
    gid: number,
    seconds: number,
    nanos: number,
    size: number,
    offset: number,
  ): number {
    this.#decode()
    this.#path(path)
    return this.#row(KIND_OF[kind], mode, uid, gid, seconds, nanos, size, offset)
  }

  /** A row for a header whose name field is at `at`. False, and nothing is added, where the name is not plain. */
  addPlain(header: PlainHeader, bytes: Uint8Array, words: Uint32Array, at: number, offset: number): boolean {
    this.#names ??= new WaitingNames()
    const names = this.#names
    if (names.full) this.#decode()
    const taken = names.take(bytes, words, at, header.isDir)
    if (taken < 0) return false
    if (taken === 0) this.#sorted = false
    this.#row(header.isDir ? KIND_OF.dir : KIND_OF.file, header.mode, header.uid, header.gid, header.seconds, 0, header.size, offset)
    return true
  }

  #row(kind: number, mode: number, uid: number, gid: number, seconds: number, nanos: number, size: number, offset: number): number {
    const row = this.#count++
    const columns = this.#columns
    columns.reserve(row)
    columns.kinds[row] = kind
    columns.modes[row] = mode
    columns.uids[row] = uid
    columns.gids[row] = gid
    columns.seconds[row] = seconds
    columns.nanos[row] = nanos
    columns.sizes[row] = size
    columns.offsets[row] = offset
    return row
  }

  #path(path: string): void {
    const paths = this.#paths
    if (this.#sorted && paths.length > 0 && comparePaths(paths[paths.length - 1]!, path) > 0) this.#sorted = false
    paths.push(path)
  }

  #decode(): void {
    if (!this.#names?.count) return
    const paths = this.#paths
    const before = paths.length
    this.#names.decode((name) => paths.push(name))
    // Among themselves they were compared when they came.
    if (this.#sorted && before > 0 && comparePaths(paths[before - 1]!, paths[before]!) > 0) this.#sorted = false
  }

  setDigest(row: number, digest: Digest): void {
    if (row >= this.#hashed.length) {
      const room = Math.max(256, 2 * this.#count)
      this.#hashed = grown(this.#hashed, room)
      this.#digests = grown(this.#digests, 32 * room)
    }
    this.#hashed[row] = 1
    writeDigest(digest, this.#digests, 32 * row)
  }
  setTarget(row: number, target: string): void {
    this.#targets.set(row, target)
  }
  setDevice(row: number, major: number, minor: number): void {
    this.#devices.set(row, [major, minor])
  }
  setXattrs(row: number, xattrs: Xattrs): void {
    this.#xattrs.set(row, xattrs)
  }
  setSparse(row: number, sparse: SparseMap): void {
    this.#sparse.set(row, sparse)
  }

  finish(): LayerColumns {
    this.#decode()
    const count = this.#count
    // place[i]: which row of the tar comes i-th. Sorting is stable, so of equal paths the later member stays behind.
    const place = this.#sorted
      ? undefined
      : Uint32Array.from(Array.from(this.#paths.keys()).sort((a, b) => comparePaths(this.#paths[a]!, this.#paths[b]!)))
    const order = place && new Uint32Array(count)
    if (order) for (let i = 0; i < count; i++) order[place[i]!] = i
    const moved = <T>(map: Map<number, T>): Map<number, T> => (order ? new Map([...map].map(([row, value]) => [order[row]!, value])) : map)
    return {
      count,
      ...this.#columns.finish(count, place),
      paths: place ? Array.from(place, (row) => this.#paths[row]!) : this.#paths,
      ...this.#finishDigests(place),
      order,
      targets: moved(this.#targets),
      devices: moved(this.#devices),
      xattrs: moved(this.#xattrs),
      sparse: moved(this.#sparse),
    }
  }

  #finishDigests(place: Uint32Array | undefined): Pick<LayerColumns, 'digests' | 'hashed'> {
    const digests = new Uint8Array(this.#hashed.length > 0 ? 32 * this.#count : 0)
    const hashed = new Uint8Array(this.#count)
    const known = Math.min(this.#hashed.length, this.#count)
    if (!place) {
      hashed.set(this.#hashed.subarray(0, known))
      digests.set(this.#digests.subarray(0, 32 * known))
      return { digests, hashed }
    }
    for (let i = 0; i < this.#count; i++) {
      const row = place[i]!
      if (row >= known || this.#hashed[row] === 0) continue
      hashed[i] = 1
      digests.set(this.#digests.subarray(32 * row, 32 * row + 32), 32 * i)
    }
    return { digests, hashed }
  }
}
