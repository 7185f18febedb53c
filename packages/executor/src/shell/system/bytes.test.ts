import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromBytes, toBytes } from './bytes.js'

const ascii = fc.integer({ min: 0, max: 127 })
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.array(ascii, { maxLength: 400 }).map((codes) => Uint8Array.from(codes)),
  // Text, with one piece that is UTF-8 of several bytes, a mark of byte order, or no UTF-8 at all.
  fc
    .tuple(fc.array(ascii, { minLength: 100, maxLength: 200 }), fc.nat(100), fc.constantFrom('é', '\ufeff', '\ufffd', '😀', 0x80, 0xff))
    .map(([codes, at, piece]) =>
      Uint8Array.from(codes.toSpliced(at, 0, ...(typeof piece === 'number' ? [piece] : new TextEncoder().encode(piece)))),
    ),
)

it('a byte string has a character for each byte, whatever the bytes are', () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const text = fromBytes(given)
      expect(Array.from(text, (char) => char.charCodeAt(0))).toEqual([...given])
      expect(toBytes(text)).toEqual(given)
    }),
    { numRuns: 300 },
  )
})

it('large ones too', () => {
  const large = new Uint8Array(100_000).map((_, at) => (at % 9973 === 0 ? 0xe9 : 97 + (at % 26)))
  expect(toBytes(fromBytes(large))).toEqual(large)
})
