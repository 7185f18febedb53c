import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newMark, untilMarked } from './marked.js'

const mark = newMark()
const line = Buffer.from(`${mark}\n`)

/** What is handed on of a stream that comes in such pieces, and whether it was marked. */
async function read(pieces: readonly Uint8Array[]): Promise<{ readonly bytes: Buffer; readonly marked: boolean; readonly parts: number }> {
  const taken: Uint8Array[] = []
  const marked = await untilMarked(
    Readable.from(
      pieces.map((piece) => Buffer.from(piece)),
      { objectMode: false },
    ),
    mark,
    (bytes) => taken.push(bytes.slice()),
  )
  return { bytes: Buffer.concat(taken), marked, parts: taken.length }
}

/** Bytes with beginnings of the mark in them. */
const printed = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(line.length - 1).map((length) => new Uint8Array(line.subarray(0, length))),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length)).filter((piece) => piece.length > 0)
}

describe('the output of one command in a stream', () => {
  it('is everything before the mark, however it is cut', () =>
    fc.assert(
      fc.asyncProperty(printed, fc.array(fc.nat(), { maxLength: 8 }), async (bytes, places) => {
        const got = await read(cut(Buffer.concat([bytes, line, Buffer.from('of the next')]), places))
        expect({ ...got, parts: 0 }).toEqual({ bytes, marked: true, parts: 0 })
      }),
    ))

  it('is everything where the stream ends without a mark', () =>
    fc.assert(
      fc.asyncProperty(printed, fc.array(fc.nat(), { maxLength: 8 }), async (bytes, places) => {
        const got = await read(cut(bytes, places))
        expect({ ...got, parts: 0 }).toEqual({ bytes, marked: false, parts: 0 })
      }),
    ))

  it('is handed on as it comes, but for what could be a mark', async () => {
    const pieces = ['a', 'b\u0001', 'c'].map((text) => Buffer.from(text))
    expect(await read(pieces)).toEqual({ bytes: Buffer.from('ab\u0001c'), marked: false, parts: 3 })
  })
})
