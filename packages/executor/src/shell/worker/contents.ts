/** Contents that the host has, as the worker sees them: asked for when they are read, and kept for a while. */
import type { Content } from '@layerwright/vfs'
import { workerLimits } from '../../limits.js'
import type { BytesMessage, ReadMessage } from './messages.js'

const { blockBytes, keptBytes } = workerLimits

/** A read that failed on the host, which knows why. */
export class HostReadError extends Error {
  readonly request: number
  constructor(request: number) {
    super('a file could not be read')
    this.request = request
  }
}

/** All that the worker has read and is reading. */
export class HostContents {
  readonly #post: (message: ReadMessage) => void
  readonly #waiting = new Map<number, { readonly key: string; resolve(bytes: Uint8Array): void; reject(error: HostReadError): void }>()
  /** By content and block, those used last at the end. */
  readonly #kept = new Map<string, Uint8Array>()
  readonly #asked = new Map<string, Promise<Uint8Array>>()
  #keptBytes = 0
  #requests = 0

  constructor(post: (message: ReadMessage) => void) {
    this.#post = post
  }

  /** Whether bytes are on their way. */
  get pending(): boolean {
    return this.#waiting.size > 0
  }

  /** A content of the host's. */
  content(number: number, size: number): HostContent {
    return new HostContent(this, number, size)
  }

  /** The block with that index; at once where it is still here. */
  block(content: HostContent, index: number): Uint8Array | Promise<Uint8Array> {
    const key = `${content.number}:${index}`
    const kept = this.#kept.get(key)
    if (kept) {
      this.#kept.delete(key)
      this.#kept.set(key, kept)
      return kept
    }
    return this.#asked.get(key) ?? this.#ask(key, content, index)
  }

  #ask(key: string, content: HostContent, index: number): Promise<Uint8Array> {
    const request = this.#requests++
    const start = index * blockBytes
    this.#post({ type: 'read', request, content: content.number, start, end: Math.min(start + blockBytes, content.size) })
    const asked = new Promise<Uint8Array>((resolve, reject) => this.#waiting.set(request, { key, resolve, reject }))
    this.#asked.set(key, asked)
    return asked
  }

  receive({ request, bytes, ahead }: BytesMessage): void {
    for (const [content, whole] of ahead) this.#keep(`${content}:0`, whole)
    const waiting = this.#waiting.get(request)
    if (!waiting) return
    this.#waiting.delete(request)
    this.#asked.delete(waiting.key)
    if (bytes) {
      this.#keep(waiting.key, bytes)
      waiting.resolve(bytes)
    } else waiting.reject(new HostReadError(request))
  }

  #keep(key: string, bytes: Uint8Array): void {
    if (this.#kept.has(key)) return
    this.#kept.set(key, bytes)
    this.#keptBytes += bytes.length
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= keptBytes) break
      this.#kept.delete(oldest)
      this.#keptBytes -= length
    }
  }
}

/** One content of the host's. */
export class HostContent implements Content {
  readonly number: number
  readonly size: number
  readonly #contents: HostContents

  constructor(contents: HostContents, number: number, size: number) {
    this.#contents = contents
    this.number = number
    this.size = size
  }

  async *stream(start = 0, end = this.size): AsyncIterable<Uint8Array> {
    const to = Math.min(Math.max(end, 0), this.size)
    for (let at = Math.max(start, 0); at < to; ) {
      const index = Math.floor(at / blockBytes)
      const bytes = await this.#contents.block(this, index)
      const from = at - index * blockBytes
      const part = bytes.subarray(from, Math.min(to - index * blockBytes, bytes.length))
      // The host gives less only where a file has shrunk, and then it says so.
      if (part.length === 0) return
      yield part
      at += part.length
    }
  }
}
