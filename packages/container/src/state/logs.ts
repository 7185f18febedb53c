import type { Store } from '@layerwright/store'
import { CorruptRecordError } from '../errors.js'
import type { LogEntry } from './types.js'

/**
 * A container's log is one record: for each piece of output a header of 16 bytes (stream, padding, length as 32 bits, milliseconds
 * since 1970 as 64 bits, all big-endian) and its bytes.
 */
const KIND = 'container-log'
const HEADER = 16

/** What the container has put out so far, oldest first. @throws CorruptRecordError */
export async function readLog(store: Store, id: string): Promise<LogEntry[]> {
  const bytes = await store.record(KIND, id)
  const entries: LogEntry[] = []
  if (!bytes) return entries
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const end = at + HEADER <= bytes.length ? at + HEADER + view.getUint32(at + 4) : Number.POSITIVE_INFINITY
    if (end > bytes.length) throw new CorruptRecordError('log', id, 'it ends in the middle of an entry')
    const time = new Date(Number(view.getBigInt64(at + 8))).toISOString()
    entries.push({ stream: view.getUint8(at) === 2 ? 'stderr' : 'stdout', time, bytes: bytes.subarray(at + HEADER, end) })
    at = end
  }
  return entries
}

/** Output on its way to a log: no more of it is held than the log keeps. */
export interface LogBuffer {
  readonly entries: readonly LogEntry[]
  add(entry: LogEntry): void
}

export function createLogBuffer(limit: number): LogBuffer {
  const entries: LogEntry[] = []
  let size = 0
  return {
    entries,
    add(entry) {
      entries.push(entry)
      size += HEADER + entry.bytes.length
      while (entries.length > 1 && size > limit) size -= HEADER + entries.shift()!.bytes.length
    },
  }
}

/** Appends; past `limit` bytes the oldest entries go. */
export async function appendLog(store: Store, id: string, added: readonly LogEntry[], limit: number): Promise<void> {
  if (added.length === 0) return
  const entries = [...(await readLog(store, id)), ...added]
  let size = entries.reduce((sum, entry) => sum + HEADER + entry.bytes.length, 0)
  while (entries.length > 1 && size > limit) size -= HEADER + entries.shift()!.bytes.length
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const entry of entries) {
    view.setUint8(at, entry.stream === 'stderr' ? 2 : 1)
    view.setUint32(at + 4, entry.bytes.length)
    view.setBigInt64(at + 8, BigInt(Date.parse(entry.time)))
    bytes.set(entry.bytes, at + HEADER)
    at += HEADER + entry.bytes.length
  }
  await store.putRecord(KIND, id, bytes)
}

export const deleteLog = (store: Store, id: string): Promise<void> => store.deleteRecord(KIND, id)
