import { crc32 } from 'node:zlib'
import { sha256 } from '@layerwright/digest'
import type { PutRecordOptions, StoredRecord } from '../types.js'
import {
  diskOf,
  hasNames,
  moveInto,
  namesIn,
  type Places,
  placeIn,
  readStart,
  readWhole,
  removeFile,
  removeLeftover,
  removeUntouched,
  statOf,
  touchFile,
  writeSmall,
} from './files.js'
import { ownedName } from './owner.js'

/**
 * A record is one file, `records/<sha256 of kind>/<sha256 of key>`, replaced by rename. Unless it shall be durable, it is not fsynced: after kill -9 the rename is enough,
 * and after a power loss the file may be empty or torn, which its header tells; the record then reads as absent. What is kept in such
 * records can be made again.
 *
 *     0  8 bytes  LWREC\0\0\1
 *     8  u32      offset of the value, a multiple of 16, so that typed arrays can be laid over it
 *    12  u32      bytes of kind
 *    16  u32      bytes of key
 *    20  u32      crc32 of kind, key and value
 *    24  f64      bytes of value
 *    32  kind, key, padding, value
 */
const MAGIC = [0x4c, 0x57, 0x52, 0x45, 0x43, 0, 0, 1]
const HEADER = 32
const encoder = new TextEncoder()
const decoder = new TextDecoder()

const hexDigest = (text: string): string => sha256(text).slice('sha256:'.length)

export interface Records {
  get(kind: string, key: string): Uint8Array | undefined
  put(kind: string, key: string, value: Uint8Array, options?: PutRecordOptions): void
  delete(kind: string, key: string): void
  keys(kind: string): string[]
  any(kind: string): boolean
  /** As `StoreMaintenance.records`. */
  all(kind: string): Generator<StoredRecord>
  touch(kind: string, key: string): boolean
  removeUntouched(kind: string, key: string, usedMs: number): boolean
  /** Every file of every kind that is no whole record, by its name inside the store. */
  faults(): { readonly name: string; readonly what: string }[]
}

export function fileRecords(places: Places): Records {
  const folders = new Map<string, string>()
  const folderOf = (kind: string): string => {
    const folder = folders.get(kind) ?? placeIn(places.records, hexDigest(kind))
    folders.set(kind, folder)
    return folder
  }
  const pathOf = (kind: string, key: string): string => placeIn(folderOf(kind), hexDigest(key))

  return {
    get(kind, key) {
      const path = pathOf(kind, key)
      const start = readStart(path)
      const record = start && recordIn(start, path)
      return record?.kind === kind && record.key === key ? record.value : undefined
    },
    put(kind, key, value, { durable = false } = {}) {
      const path = placeIn(places.tmp, ownedName())
      try {
        const bytes = encodeRecord(kind, key, value)
        writeSmall(path, bytes, { sync: durable })
        moveInto(path, folderOf(kind), hexDigest(key))
      } catch (error) {
        removeLeftover(path)
        throw error
      }
    },
    delete(kind, key) {
      removeFile(pathOf(kind, key))
    },
    keys(kind) {
      const folder = folderOf(kind)
      const keys: string[] = []
      for (const name of namesIn(folder)) {
        const path = placeIn(folder, name)
        const start = readStart(path)
        const key = start && keyIn(start, path)
        if (key !== undefined) keys.push(key)
      }
      return keys.sort()
    },
    any: (kind) => hasNames(folderOf(kind)),
    *all(kind) {
      const folder = folderOf(kind)
      for (const name of namesIn(folder)) {
        const path = placeIn(folder, name)
        const stat = statOf(path)
        const start = stat && readStart(path)
        const key = start && keyIn(start, path)
        if (!stat || !start || key === undefined) continue
        const value = async () => recordIn(start, path)?.value
        yield { key, value, disk: diskOf(stat), usedMs: stat.mtimeMs }
      }
    },
    // In a store that can only be read nobody notes what is used, and nobody removes what is not.
    touch: (kind, key) => touchFile(pathOf(kind, key)) !== 'absent',
    removeUntouched: (kind, key, usedMs) => removeUntouched(pathOf(kind, key), usedMs, placeIn(places.tmp, ownedName())),
    faults() {
      const faults: { name: string; what: string }[] = []
      for (const kind of namesIn(places.records)) {
        for (const name of namesIn(placeIn(places.records, kind))) {
          const bytes = readWhole(placeIn(placeIn(places.records, kind), name))
          const record = bytes && decodeRecord(bytes)
          if (!bytes) continue
          if (!record) faults.push({ name: `records/${kind}/${name}`, what: 'it is torn or damaged; it counts as absent' })
          else if (hexDigest(record.kind) !== kind || hexDigest(record.key) !== name) {
            faults.push({ name: `records/${kind}/${name}`, what: 'it lies under the name of another record' })
          }
        }
      }
      return faults
    },
  }
}

/** The key of a record, from its beginning; a longer key than that holds is rare: the whole file then. */
function keyIn(start: Uint8Array, path: string): string | undefined {
  const head = headerOf(start)
  if (!head) return undefined
  const bytes = head.valueAt <= start.length ? start : readWhole(path)
  if (!bytes || bytes.length < head.valueAt) return undefined
  return decoder.decode(bytes.subarray(HEADER + head.kindLength, HEADER + head.kindLength + head.keyLength))
}

/** A record, from its beginning, which is mostly all of it. */
function recordIn(start: Uint8Array, path: string): ReturnType<typeof decodeRecord> {
  const head = headerOf(start)
  const bytes = head && head.valueAt + head.valueLength > start.length ? readWhole(path) : start
  return bytes && decodeRecord(bytes)
}

function encodeRecord(kind: string, key: string, value: Uint8Array): Uint8Array {
  const kindBytes = encoder.encode(kind)
  const keyBytes = encoder.encode(key)
  const valueAt = Math.ceil((HEADER + kindBytes.length + keyBytes.length) / 16) * 16
  const bytes = new Uint8Array(valueAt + value.length)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, valueAt, true)
  view.setUint32(12, kindBytes.length, true)
  view.setUint32(16, keyBytes.length, true)
  view.setFloat64(24, value.length, true)
  bytes.set(kindBytes, HEADER)
  bytes.set(keyBytes, HEADER + kindBytes.length)
  bytes.set(value, valueAt)
  view.setUint32(20, crc32(bytes.subarray(HEADER)), true)
  return bytes
}

function headerOf(
  bytes: Uint8Array,
): { valueAt: number; kindLength: number; keyLength: number; crc: number; valueLength: number } | undefined {
  if (bytes.length < HEADER || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const valueAt = view.getUint32(8, true)
  const kindLength = view.getUint32(12, true)
  const keyLength = view.getUint32(16, true)
  if (valueAt < HEADER + kindLength + keyLength) return undefined
  return { valueAt, kindLength, keyLength, crc: view.getUint32(20, true), valueLength: view.getFloat64(24, true) }
}

function decodeRecord(bytes: Uint8Array): { kind: string; key: string; value: Uint8Array } | undefined {
  const head = headerOf(bytes)
  if (!head || bytes.length !== head.valueAt + head.valueLength || crc32(bytes.subarray(HEADER)) !== head.crc) return undefined
  const keyAt = HEADER + head.kindLength
  return {
    kind: decoder.decode(bytes.subarray(HEADER, keyAt)),
    key: decoder.decode(bytes.subarray(keyAt, keyAt + head.keyLength)),
    value: bytes.subarray(head.valueAt),
  }
}
