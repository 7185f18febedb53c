import {
  byteLengthOf,
  type Content,
  compareNames,
  concatContent,
  contentDigest,
  contentDigestSync,
  decodeName,
  encodeName,
  InvalidNameError,
  isEncodable,
  memoryContent,
  NotSynchronousError,
  readAll,
  readAllSync,
  sameContent,
  sliceContent,
  textContent,
  zeroContent,
} from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** A content that only streams, in odd pieces, on one reused buffer. */
function streamed(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    async *stream(start = 0, end = bytes.length) {
      const buffer = new Uint8Array(7)
      for (let at = start; at < end; at += 7) {
        const piece = bytes.subarray(at, Math.min(at + 7, end))
        buffer.set(piece)
        yield buffer.subarray(0, piece.length)
      }
    },
  }
}

const leaf = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ content: memoryContent(bytes), bytes })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ content: streamed(bytes), bytes })),
  fc.nat(70_000).map((size) => ({ content: zeroContent(size), bytes: new Uint8Array(size) })),
)

const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))

describe('contents', () => {
  it('concatenated and sliced are what their bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(leaf, { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { maxLength: 4 }),
        async (leaves, cuts) => {
          let content = concatContent(leaves.map((each) => each.content))
          let bytes = joined(leaves.map((each) => each.bytes))
          for (const [start, end] of cuts) {
            content = concatContent([sliceContent(content, start, end), content])
            bytes = joined([bytes.slice(start, Math.max(start, end)), bytes])
          }
          expect(content.size).toBe(bytes.length)
          expect(Buffer.compare(await readAll(content), bytes)).toBe(0)
          const [from, to] = [bytes.length >> 2, bytes.length >> 1]
          const pieces: Uint8Array[] = []
          for await (const chunk of content.stream(from, to)) pieces.push(chunk.slice())
          expect(Buffer.compare(joined(pieces), bytes.slice(from, to))).toBe(0)
          if (content.readInto) {
            const target = new Uint8Array(64)
            const got = content.readInto(target, from)
            expect(target.subarray(0, got)).toEqual(bytes.subarray(from, from + 64))
            expect(content.readInto(target, bytes.length)).toBe(0)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('have one digest, however they are read', async () => {
    const bytes = new Uint8Array(1_500_000).map((_, i) => i % 253)
    const digest = await contentDigest(streamed(bytes))
    expect(contentDigestSync(memoryContent(bytes))).toBe(digest)
    expect(
      await sameContent(concatContent([sliceContent(memoryContent(bytes), 0, 9), sliceContent(streamed(bytes), 9)]), memoryContent(bytes)),
    ).toBe(true)
    expect(await sameContent(textContent('a'), textContent('b'))).toBe(false)
  })

  it('say so when they cannot be read at once, or are not as long as they claim', async () => {
    expect(() => readAllSync(streamed(new Uint8Array(3)))).toThrow(NotSynchronousError)
    const short: Content = { ...streamed(new Uint8Array(3)), size: 4 }
    await expect(readAll(short)).rejects.toMatchObject({ code: 'CONTENT_SIZE' })
    await expect(contentDigest(short)).rejects.toMatchObject({ code: 'CONTENT_SIZE' })
    const stuck: Content = { ...short, readInto: () => 0 }
    expect(() => readAllSync(stuck)).toThrow('4 bytes gave 0')
    expect(() => contentDigestSync({ ...stuck })).toThrow('4 bytes gave 0')
  })
})

describe('names', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
  )

  it('every sequence of bytes has one string, and comes back from it', () => {
    fc.assert(
      fc.property(bytes, (name) => {
        const text = decodeName(name)
        expect(encodeName(text)).toEqual(Uint8Array.from(name))
        expect([isEncodable(text), byteLengthOf(text)]).toEqual([true, name.length])
      }),
    )
    expect(decodeName(new Uint8Array([0x61, 0xff, 0xed, 0xa0, 0x80]))).toBe('a\udcff\udced\udca0\udc80')
    expect(decodeName(new Uint8Array([0xef, 0xbb, 0xbf]))).toBe('\ufeff')
  })

  it('are ordered by their bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(Math.sign(compareNames(decodeName(a), decodeName(b)))).toBe(Math.sign(Buffer.compare(a, b)))
      }),
    )
  })

  it('refuse half a pair', () => {
    expect(() => encodeName('\ud800')).toThrow(InvalidNameError)
    expect(() => encodeName('\udc00x')).toThrow(InvalidNameError)
    expect(isEncodable('\ud83d')).toBe(false)
  })
})
