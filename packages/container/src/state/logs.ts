import type { Store } from '@layerwright/store'
import { CorruptRecordError } from '../errors.js'
import type { LogEntry } from './types.js'

/**
 * A container's log is a row of records, so that what comes is added and nothing long is written twice: chunks that are numbered, and under the
 * container's id which of them there are. A chunk holds for each piece of output a header of 16 bytes (stream, padding, length as 32 bits,
 * milliseconds since 1970 as 64 bits, all big-endian) and its bytes.
 */
const KIND = 'container-log'
const HEADER = 16
/** Bytes from which a chunk is not added to: what one more line costs is less than this. */
const CHUNK = 1 << 16
/** Milliseconds that output is gathered before it is written: a line that comes alone is there at once for a person. */
const GATHER = 50

/** Which chunks there are. */
interface Extent {
  readonly first: number
  readonly last: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const chunkKey = (id: string, index: number): string => `${id}/${index}`

async function extentOf(store: Store, id: string): Promise<Extent> {
  const bytes = await store.record(KIND, id)
  return bytes ? (JSON.parse(decoder.decode(bytes)) as Extent) : { first: 0, last: 0 }
}

function decode(id: string, bytes: Uint8Array, from: number): LogEntry[] {
  const entries: LogEntry[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = from; at < bytes.length; ) {
    const end = at + HEADER <= bytes.length ? at + HEADER + view.getUint32(at + 4) : Number.POSITIVE_INFINITY
    if (end > bytes.length) throw new CorruptRecordError('log', id, 'it ends in the middle of an entry')
    const time = new Date(Number(view.getBigInt64(at + 8))).toISOString()
    entries.push({ stream: view.getUint8(at) === 2 ? 'stderr' : 'stdout', time, bytes: bytes.subarray(at + HEADER, end) })
    at = end
  }
  return entries
}

function encode({ stream, time, bytes }: LogEntry): Uint8Array {
  const encoded = new Uint8Array(HEADER + bytes.length)
  const view = new DataView(encoded.buffer)
  view.setUint8(0, stream === 'stderr' ? 2 : 1)
  view.setUint32(4, bytes.length)
  view.setBigInt64(8, BigInt(Date.parse(time)))
  encoded.set(bytes, HEADER)
  return encoded
}

/** Reads a log from where it was left the last time. */
export class LogReader {
  readonly #store: Store
  readonly #id: string
  #chunk = 0
  #offset = 0

  constructor(store: Store, id: string) {
    this.#store = store
    this.#id = id
  }

  /** What has come since, oldest first. @throws CorruptRecordError */
  async more(): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    const { first, last } = await extentOf(this.#store, this.#id)
    if (this.#chunk < first) this.#goTo(first)
    for (; ; this.#goTo(this.#chunk + 1)) {
      const bytes = await this.#store.record(KIND, chunkKey(this.#id, this.#chunk))
      if (bytes) {
        entries.push(...decode(this.#id, bytes, this.#offset))
        this.#offset = bytes.length
      }
      if (this.#chunk >= last) return entries
    }
  }

  #goTo(chunk: number): void {
    this.#chunk = chunk
    this.#offset = 0
  }
}

/** What the container has put out so far, oldest first. @throws CorruptRecordError */
export const readLog = (store: Store, id: string): Promise<LogEntry[]> => new LogReader(store, id).more()

/** Writes a container's output as it comes. One at a time for a container. */
export class LogWriter {
  readonly #store: Store
  readonly #id: string
  readonly #limit: number
  #waiting: Uint8Array[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #chunk: Uint8Array | undefined
  #extent: Extent = { first: 0, last: 0 }
  #writing: Promise<void> = Promise.resolve()

  /** @param limit bytes that are kept, in whole chunks: the oldest go first */
  constructor(store: Store, id: string, limit: number) {
    this.#store = store
    this.#id = id
    this.#limit = limit
  }

  add(entry: LogEntry): void {
    this.#waiting.push(encode(entry))
    this.#timer ??= setTimeout(() => this.#flush(), GATHER)
  }

  /** Until everything is written. @throws what the store throws */
  async close(): Promise<void> {
    this.#flush()
    await this.#writing
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const added = this.#waiting
    this.#waiting = []
    if (added.length === 0) return
    this.#writing = this.#writing.then(() => this.#write(added))
    // Who closes the log hears of it.
    this.#writing.catch(() => undefined)
  }

  async #write(added: readonly Uint8Array[]): Promise<void> {
    if (!this.#chunk) {
      this.#extent = await extentOf(this.#store, this.#id)
      this.#chunk = (await this.#store.record(KIND, chunkKey(this.#id, this.#extent.last))) ?? new Uint8Array()
    }
    for (let at = 0; at < added.length; ) {
      if (this.#chunk.length >= CHUNK) await this.#next()
      const parts: Uint8Array[] = [this.#chunk]
      let size = this.#chunk.length
      while (at < added.length && size < CHUNK) {
        parts.push(added[at]!)
        size += added[at++]!.length
      }
      this.#chunk = joined(parts, size)
      await this.#store.putRecord(KIND, chunkKey(this.#id, this.#extent.last), this.#chunk)
    }
  }

  async #next(): Promise<void> {
    const last = this.#extent.last + 1
    const first = Math.max(this.#extent.first, last - Math.max(1, Math.ceil(this.#limit / CHUNK)))
    for (let index = this.#extent.first; index < first; index++) await this.#store.deleteRecord(KIND, chunkKey(this.#id, index))
    this.#extent = { first, last }
    this.#chunk = new Uint8Array()
    await this.#store.putRecord(KIND, this.#id, encoder.encode(JSON.stringify(this.#extent)))
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

export async function deleteLog(store: Store, id: string): Promise<void> {
  const { first, last } = await extentOf(store, id)
  for (let index = first; index <= last; index++) await store.deleteRecord(KIND, chunkKey(id, index))
  await store.deleteRecord(KIND, id)
}
