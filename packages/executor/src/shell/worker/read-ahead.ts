/** Reads what a worker asks for; where it reads one small file after the other, those that follow too. */
import type { Content } from '@layerwright/vfs'
import { workerLimits } from '../../limits.js'

/** Files in one directory have numbers in a row: who reads these reads more of them. */
const STREAK = 2

export interface ReadBytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ahead: readonly (readonly [content: number, bytes: Uint8Array<ArrayBuffer>])[]
}

export class ReadAhead {
  readonly #contentOf: (number: number) => Content | undefined
  #last = -1
  #streak = 0

  constructor(contentOf: (number: number) => Content | undefined) {
    this.#contentOf = contentOf
  }

  async read(number: number, start: number, end: number): Promise<ReadBytes> {
    const content = this.#contentOf(number)!
    const bytes = await readRange(content, start, end)
    // Negative numbers are files of the host, in the order in which they were opened.
    if (start > 0 || end < content.size || number < 0) return { bytes, ahead: [] }
    this.#streak = number === this.#last + 1 ? this.#streak + 1 : 0
    this.#last = number
    const ahead = this.#streak < STREAK ? [] : this.#following(number + 1)
    this.#last += ahead.length
    return { bytes, ahead }
  }

  #following(number: number): ReadBytes['ahead'] {
    const ahead: [number, Uint8Array<ArrayBuffer>][] = []
    let room = workerLimits.aheadBytes
    for (let at = number; ahead.length < workerLimits.aheadFiles; at++) {
      const content = this.#contentOf(at)
      // Only what is there at once; a fault is for whoever asks.
      if (!content?.readInto || content.size > room) break
      const bytes = new Uint8Array(content.size)
      try {
        if (content.readInto(bytes, 0) !== bytes.length) break
      } catch {
        break
      }
      ahead.push([at, bytes])
      room -= bytes.length
    }
    return ahead
  }
}

async function readRange(content: Content, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  let at = 0
  if (content.readInto) {
    while (at < bytes.length) {
      const got = content.readInto(bytes.subarray(at), start + at)
      if (got === 0) break
      at += got
    }
  } else {
    for await (const part of content.stream(start, end)) {
      bytes.set(part, at)
      at += part.length
    }
  }
  return at === bytes.length ? bytes : bytes.slice(0, at)
}
