/**
 * The sidecar index as bytes: a header, the columns one after another (each at a multiple of 8, in the machine's byte order, so that typed
 * arrays are laid over them), the paths, and the rare things.
 *
 *      0  'LWIX', u8 version, u8 flags (1: has an order), u16 0
 *      8  u32 0x01020304 in the machine's byte order: an index from another kind of machine is rebuilt
 *     12  u32 rows
 *     16  f64 bytes of the tar
 *     24  f64 bytes of the paths; f64 bytes of the rare things
 *     40  32 bytes of the diffID
 *     72  seconds f64, sizes f64, offsets f64, nanos u32, uids u32, gids u32, [order u32], modes u16, kinds u8, hashed u8, digests 32,
 *         paths (NUL-joined bytes), rare things
 */
import { type Digest, readDigest, writeDigest } from '@layerwright/digest'
import { decodeName, encodeName, type Xattrs } from '@layerwright/vfs'
import { IndexFormatError } from '../errors.js'
import type { LayerColumns, LayerIndex, SparseMap } from '../types.js'
import { ROW_KINDS } from './builder.js'
import { makeIndex } from './index.js'

const VERSION = 1
const HEADER = 72
const MAGIC = [0x4c, 0x57, 0x49, 0x58, VERSION]
const RARE = { target: 1, device: 2, xattr: 3, sparse: 4 } as const

const align = (at: number): number => Math.ceil(at / 8) * 8

/** Offsets of the columns; the same arithmetic for both directions. */
function layout(count: number, hasOrder: boolean, pathBytes: number, rareBytes: number) {
  let at = HEADER
  const take = (bytes: number): number => {
    const start = at
    at = align(at + bytes)
    return start
  }
  const seconds = take(8 * count)
  const sizes = take(8 * count)
  const offsets = take(8 * count)
  const nanos = take(4 * count)
  const uids = take(4 * count)
  const gids = take(4 * count)
  const order = take(hasOrder ? 4 * count : 0)
  const modes = take(2 * count)
  const kinds = take(count)
  const hashed = take(count)
  const digests = take(32 * count)
  const paths = take(pathBytes)
  const rare = take(rareBytes)
  return { seconds, sizes, offsets, nanos, uids, gids, order, modes, kinds, hashed, digests, paths, rare, total: at }
}

/** The index as bytes, for a store's record. */
export function encodeIndex(index: LayerIndex): Uint8Array {
  const { columns } = index
  const paths = encodeName(columns.paths.join('\0'))
  const rare = encodeRare(columns)
  const places = layout(columns.count, columns.order !== undefined, paths.length, rare.length)
  const bytes = new Uint8Array(places.total)
  bytes.set(MAGIC)
  bytes[5] = columns.order ? 1 : 0
  new Uint32Array(bytes.buffer, 8, 2).set([0x01020304, columns.count])
  new Float64Array(bytes.buffer, 16, 3).set([index.size, paths.length, rare.length])
  writeDigest(index.diffId, bytes, 40)
  const put = (at: number, column: Uint8Array | Uint16Array | Uint32Array | Float64Array) =>
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
  put(places.seconds, columns.seconds)
  put(places.sizes, columns.sizes)
  put(places.offsets, columns.offsets)
  put(places.nanos, columns.nanos)
  put(places.uids, columns.uids)
  put(places.gids, columns.gids)
  if (columns.order) put(places.order, columns.order)
  put(places.modes, columns.modes)
  put(places.kinds, columns.kinds)
  put(places.hashed, columns.hashed)
  put(places.digests, columns.digests)
  bytes.set(paths, places.paths)
  bytes.set(rare, places.rare)
  return bytes
}

/**
 * The index back from its bytes; they must not be changed afterwards (the columns are laid over them).
 * @throws IndexFormatError for anything but what `encodeIndex` of this version made on this kind of machine
 */
export function decodeIndex(given: Uint8Array): LayerIndex {
  if (given.length < HEADER || MAGIC.some((byte, at) => given[at] !== byte))
    throw new IndexFormatError('it is of another version, or no index')
  // Typed arrays need their alignment.
  const bytes = given.byteOffset % 8 === 0 ? given : new Uint8Array(given)
  const { buffer, byteOffset: base } = bytes
  const [order, count] = new Uint32Array(buffer, base + 8, 2) as unknown as [number, number] // type-ok: a view of two
  if (order !== 0x01020304) throw new IndexFormatError('it was written on a machine with another byte order')
  const [size, pathBytes, rareBytes] = new Float64Array(buffer, base + 16, 3) as unknown as [number, number, number] // type-ok: a view of three
  const hasOrder = bytes[5] === 1
  if (!isLength(size) || !isLength(pathBytes) || !isLength(rareBytes)) throw new IndexFormatError('it is damaged')
  const places = layout(count, hasOrder, pathBytes, rareBytes)
  if (places.total !== bytes.length) throw new IndexFormatError('it is truncated')
  const paths = decodePaths(bytes.subarray(places.paths, places.paths + pathBytes), count)
  const columns: LayerColumns = {
    count,
    kinds: bytes.subarray(places.kinds, places.kinds + count),
    paths,
    modes: new Uint16Array(buffer, base + places.modes, count),
    uids: new Uint32Array(buffer, base + places.uids, count),
    gids: new Uint32Array(buffer, base + places.gids, count),
    seconds: new Float64Array(buffer, base + places.seconds, count),
    nanos: new Uint32Array(buffer, base + places.nanos, count),
    sizes: new Float64Array(buffer, base + places.sizes, count),
    offsets: new Float64Array(buffer, base + places.offsets, count),
    digests: bytes.subarray(places.digests, places.digests + 32 * count),
    hashed: bytes.subarray(places.hashed, places.hashed + count),
    order: hasOrder ? new Uint32Array(buffer, base + places.order, count) : undefined,
    ...decodeRare(bytes.subarray(places.rare, places.rare + rareBytes), count),
  }
  check(columns, size)
  return makeIndex(readDigest(bytes, 40) as Digest, size, columns)
}

const isLength = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function check({ count, kinds, order, sizes, offsets, seconds, nanos }: LayerColumns, size: number): void {
  for (let i = 0; i < count; i++) {
    if (kinds[i]! >= ROW_KINDS.length || (order && order[i]! >= count)) throw new IndexFormatError('it is damaged')
    if (!(sizes[i]! >= 0) || !(offsets[i]! >= 0) || offsets[i]! > size || !Number.isSafeInteger(seconds[i]) || nanos[i]! > 999_999_999)
      throw new IndexFormatError('it is damaged')
  }
}

function decodePaths(bytes: Uint8Array, count: number): string[] {
  if (count === 0) return []
  const paths = decodeName(bytes).split('\0')
  if (paths.length !== count) throw new IndexFormatError('it is damaged')
  return paths
}

/** Rows that have a target, a device number, xattrs or a sparse map: `u32 row, u32 kind, u32 length, bytes` each. */
function encodeRare(columns: LayerColumns): Uint8Array {
  const parts: Uint8Array[] = []
  const add = (row: number, kind: number, bytes: Uint8Array) => {
    const head = new Uint8Array(12)
    const view = new DataView(head.buffer)
    view.setUint32(0, row, true)
    view.setUint32(4, kind, true)
    view.setUint32(8, bytes.length, true)
    parts.push(head, bytes)
  }
  for (const [row, target] of columns.targets) add(row, RARE.target, encodeName(target))
  for (const [row, numbers] of columns.devices) add(row, RARE.device, numbersToBytes(numbers))
  for (const [row, xattrs] of columns.xattrs) {
    // One record for a name and one for its value, in turns.
    for (const [name, value] of xattrs) {
      add(row, RARE.xattr, encodeName(name))
      add(row, RARE.xattr, value)
    }
  }
  for (const [row, map] of columns.sparse) add(row, RARE.sparse, numbersToBytes(map.flat()))
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function numbersToBytes(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length)
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => {
    view.setFloat64(8 * i, number, true)
  })
  return bytes
}

function bytesToNumbers(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => view.getFloat64(8 * i, true))
}

function decodeRare(bytes: Uint8Array, count: number): Pick<LayerColumns, 'targets' | 'devices' | 'xattrs' | 'sparse'> {
  const targets = new Map<number, string>()
  const devices = new Map<number, readonly [number, number]>()
  const xattrs = new Map<number, Xattrs & Map<string, Uint8Array>>()
  const sparse = new Map<number, SparseMap>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let name: string | undefined
  for (let at = 0; at < bytes.length; ) {
    if (at + 12 > bytes.length) throw new IndexFormatError('it is damaged')
    const row = view.getUint32(at, true)
    const kind = view.getUint32(at + 4, true)
    const end = at + 12 + view.getUint32(at + 8, true)
    if (end > bytes.length || row >= count) throw new IndexFormatError('it is damaged')
    const value = bytes.subarray(at + 12, end)
    at = end
    if (kind === RARE.target) targets.set(row, decodeName(value))
    else if (kind === RARE.device) {
      const [major, minor] = bytesToNumbers(value)
      if (major === undefined || minor === undefined) throw new IndexFormatError('it is damaged')
      devices.set(row, [major, minor])
    } else if (kind === RARE.sparse) {
      const numbers = bytesToNumbers(value)
      sparse.set(
        row,
        Array.from({ length: numbers.length >> 1 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!] as const),
      )
    } else if (kind !== RARE.xattr) throw new IndexFormatError('it is damaged')
    else if (name === undefined) name = decodeName(value)
    else {
      const ofRow = xattrs.get(row) ?? new Map<string, Uint8Array>()
      xattrs.set(row, ofRow.set(name, value))
      name = undefined
    }
  }
  return { targets, devices, xattrs, sparse }
}
