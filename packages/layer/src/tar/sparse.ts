import type { Content } from '@layerwright/vfs'
import { TarError } from '../errors.js'
import type { SparseMap } from '../types.js'
import { parseNumber } from './fields.js'

/** Adds the runs of an old GNU sparse header; gives whether all slots were used, so that more may follow. */
export function gnuSparseRuns(bytes: Uint8Array, at: number, slots: number, runs: [number, number][], offset: number): boolean {
  for (let i = 0; i < slots; i++) {
    if (bytes[at + i * 24] === 0) return false
    runs.push([parseNumber(bytes, at + i * 24, 12, offset), parseNumber(bytes, at + i * 24 + 12, 12, offset)])
  }
  return true
}

/** A PAX 1.0 map, as its blocks come: decimal numbers, one a line, first the count of runs. */
export class PaxSparseMap {
  /** Bytes of the blocks so far. */
  length = 0
  readonly #numbers: number[] = []
  #value = 0
  #digits = 0

  /** Takes the next block; gives the runs when they are all there. @throws TarError TAR_SPARSE_INVALID */
  push(block: Uint8Array, offset: number): [number, number][] | undefined {
    this.length += block.length
    for (const byte of block) {
      if (byte === NEWLINE) {
        if (this.#digits === 0) throw new TarError('TAR_SPARSE_INVALID', offset, 'a sparse map has an empty line')
        this.#numbers.push(this.#value)
        if (this.#numbers.length === 1 + 2 * this.#numbers[0]!) return pairs(this.#numbers)
        this.#value = 0
        this.#digits = 0
        continue
      }
      const digit = byte - 48
      if (digit < 0 || digit > 9) throw new TarError('TAR_SPARSE_INVALID', offset, 'a sparse map holds something else than numbers')
      this.#value = this.#value * 10 + digit
      this.#digits++
    }
    return undefined
  }
}

const NEWLINE = 10

function pairs(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (let i = 1; i < numbers.length; i += 2) runs.push([numbers[i]!, numbers[i + 1]!])
  return runs
}

/** Checks runs against the file's size and the bytes that are stored. @throws TarError TAR_SPARSE_INVALID */
export function sparseMap(runs: readonly [number, number][], size: number, stored: number, offset: number): SparseMap {
  let end = 0
  let bytes = 0
  const map: [number, number][] = []
  for (const [start, length] of runs) {
    if (start < end || length < 0 || start + length > size)
      throw new TarError('TAR_SPARSE_INVALID', offset, 'the runs of a sparse file overlap or leave it')
    end = start + length
    bytes += length
    // Writers close the map with an empty run at the file's end.
    if (length > 0) map.push([start, length])
  }
  if (bytes !== stored)
    throw new TarError('TAR_SPARSE_INVALID', offset, `a sparse file has ${stored} bytes of data where its map counts ${bytes}`)
  return map
}

const ZEROS = new Uint8Array(64 * 1024)

/** A sparse file: `map` says where in it the bytes of `data` belong. */
export function sparseContent(data: Content, map: SparseMap, size: number, digest: string | undefined): Content {
  /** Pieces of `[start, end)`: where in `data`, or a hole. */
  function* pieces(start: number, end: number): Generator<{ readonly from: number | undefined; readonly length: number }> {
    let at = start
    let stored = 0
    for (const [offset, length] of map) {
      if (at >= end) return
      if (offset + length > at) {
        if (offset > at) {
          const hole = Math.min(offset, end) - at
          yield { from: undefined, length: hole }
          at += hole
        }
        const count = Math.min(offset + length, end) - at
        if (count > 0) {
          yield { from: stored + at - offset, length: count }
          at += count
        }
      }
      stored += length
    }
    if (at < end) yield { from: undefined, length: end - at }
  }
  const content: Content = {
    size,
    digest,
    async *stream(start = 0, end = size) {
      for (const { from, length } of pieces(Math.max(start, 0), Math.min(end, size))) {
        if (from !== undefined) yield* data.stream(from, from + length)
        else for (let done = 0; done < length; done += ZEROS.length) yield ZEROS.subarray(0, Math.min(ZEROS.length, length - done))
      }
    },
  }
  if (!data.readInto) return content
  return {
    ...content,
    readInto(target, offset) {
      let done = 0
      for (const { from, length } of pieces(offset, Math.min(offset + target.length, size))) {
        const part = target.subarray(done, done + length)
        if (from === undefined) part.fill(0)
        else if (data.readInto!(part, from) < length) return done
        done += length
      }
      return done
    },
  }
}
