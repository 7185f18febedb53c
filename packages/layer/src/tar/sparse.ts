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

/** Reads a PAX 1.0 map: decimal numbers, one a line, first their count. undefined: it goes on in the next block. */
export function paxSparseRuns(map: Uint8Array, offset: number): [number, number][] | undefined {
  const numbers: number[] = []
  let wanted = 1
  let at = 0
  while (numbers.length < wanted) {
    let value = 0
    const start = at
    while (at < map.length && map[at] !== 10) {
      const digit = map[at]! - 48
      if (digit < 0 || digit > 9) throw new TarError('TAR_SPARSE_INVALID', offset, 'a sparse map holds something else than numbers')
      value = value * 10 + digit
      at++
    }
    if (at === map.length) return undefined
    if (at === start) throw new TarError('TAR_SPARSE_INVALID', offset, 'a sparse map has an empty line')
    at++
    if (numbers.length === 0) wanted = 1 + 2 * value
    numbers.push(value)
  }
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
