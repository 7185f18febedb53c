import type { Digest } from '@layerwright/digest'
import type { Xattrs } from '@layerwright/vfs'
import type { LayerColumns, RowKind, SparseMap } from '../types.js'
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
  readonly #kinds: number[] = []
  readonly #paths: string[] = []
  readonly #modes: number[] = []
  readonly #uids: number[] = []
  readonly #gids: number[] = []
  readonly #seconds: number[] = []
  readonly #nanos: number[] = []
  readonly #sizes: number[] = []
  readonly #offsets: number[] = []
  readonly #digests: (Digest | undefined)[] = []
  readonly #targets = new Map<number, string>()
  readonly #devices = new Map<number, readonly [number, number]>()
  readonly #xattrs = new Map<number, Xattrs>()
  readonly #sparse = new Map<number, SparseMap>()
  #sorted = true

  get count(): number {
    return this.#paths.length
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
    const row = this.#paths.length
    if (this.#sorted && row > 0 && comparePaths(this.#paths[row - 1]!, path) > 0) this.#sorted = false
    this.#kinds.push(KIND_OF[kind])
    this.#paths.push(path)
    this.#modes.push(mode)
    this.#uids.push(uid)
    this.#gids.push(gid)
    this.#seconds.push(seconds)
    this.#nanos.push(nanos)
    this.#sizes.push(size)
    this.#offsets.push(offset)
    this.#digests.push(undefined)
    return row
  }

  setDigest(row: number, digest: Digest): void {
    this.#digests[row] = digest
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
    const count = this.count
    // place[i]: which row of the tar comes i-th. Sorting is stable, so of equal paths the later member stays behind.
    const place = this.#sorted
      ? undefined
      : Uint32Array.from(Array.from(this.#paths.keys()).sort((a, b) => comparePaths(this.#paths[a]!, this.#paths[b]!)))
    const at = place ? (i: number) => place[i]! : (i: number) => i
    const digests = new Uint8Array(32 * count)
    const hashed = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      const digest = this.#digests[at(i)]
      if (digest === undefined) continue
      hashed[i] = 1
      writeDigest(digest, digests, i * 32)
    }
    const order = place && new Uint32Array(count)
    if (order) for (let i = 0; i < count; i++) order[place[i]!] = i
    const moved = <T>(map: Map<number, T>): Map<number, T> => (order ? new Map([...map].map(([row, value]) => [order[row]!, value])) : map)
    const column = <T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(target: T, source: readonly number[]): T => {
      for (let i = 0; i < count; i++) target[i] = source[at(i)]!
      return target
    }
    return {
      count,
      kinds: column(new Uint8Array(count), this.#kinds),
      paths: place ? Array.from(place, (row) => this.#paths[row]!) : this.#paths,
      modes: column(new Uint16Array(count), this.#modes),
      uids: column(new Uint32Array(count), this.#uids),
      gids: column(new Uint32Array(count), this.#gids),
      seconds: column(new Float64Array(count), this.#seconds),
      nanos: column(new Uint32Array(count), this.#nanos),
      sizes: column(new Float64Array(count), this.#sizes),
      offsets: column(new Float64Array(count), this.#offsets),
      digests,
      hashed,
      order,
      targets: moved(this.#targets),
      devices: moved(this.#devices),
      xattrs: moved(this.#xattrs),
      sparse: moved(this.#sparse),
    }
  }
}

const PREFIX = 'sha256:'.length

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)

/** The 32 bytes of a digest into `target`. */
export function writeDigest(digest: Digest, target: Uint8Array, at: number): void {
  for (let i = 0; i < 32; i++)
    target[at + i] = (nibble(digest.charCodeAt(PREFIX + 2 * i)) << 4) | nibble(digest.charCodeAt(PREFIX + 2 * i + 1))
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The digest whose 32 bytes lie at `at`. */
export function readDigest(source: Uint8Array, at: number): Digest {
  let hex = ''
  for (let i = at; i < at + 32; i++) hex += HEX[source[i]!]!
  return `sha256:${hex}`
}
