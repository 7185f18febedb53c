import { decompress } from '@layerwright/layer'
import { decompress as nodeDecompress } from '@layerwright/layer/node'
import { describe, expect, it } from 'vitest'

/** The same text by zlib, by bzip2 1.0.8 and by xz 5.4. */
const TEXT = Array.from({ length: 50 }, (_, i) => `hello ${i + 1} ${'a'.repeat(31)}\n`).join('')
const FIXTURES = {
  gzip: 'H4sIAAAAAAACA43Vuw3CAAxF0Z4pMgK2X/iMQ4GUIlL27yJlADiub3dke/vu+7HU8vk9t+3qGrvBLtit2D2we2L3wu6NXd01VJFSklKTUpRSlVKWUpdSmFKZVpnmXVGZVplWmVaZVplWmVaZVplRmVGZ4TOmMqMyozKjMqMyozKjMlGZqExUJvxhVCYqE5WJykRlojLrf5kTGWFZsPkHAAA=',
  bzip2:
    'QlpoOTFBWSZTWUbXQHkAAQ75AAAQAAhAAH/gIkSgAIkJKRo0/1UMjBpU2/1So9qIBQgS5AmSBOMUt09+e3xZdlVXlXdVcvMzGZmYy7u9b3vevY1KhwcSoNO0qAqoCAACB5lVKkuVJX2QJ8QJ+QJkIE0LuSKcKEgja6A8gA==',
  xz: '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Af4AGpdADQZSe6N6QRjfzm3imEDKmRWwWCexNUPtNd3sxwtxHjVvAlt43Zof9PkJpsVhDtnTd6KncOwlOSVKq2tLNp/1TcDa6CyZst5NbSz7ap6fz1uZsacEIFcoEHHSl9NFmXoy/7jWVTIk5B9XwAAAAA5TRDvBsyjpAABhgH5DwAAuBTuxrHEZ/sCAAAAAARZWg==',
} as const

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** In pieces whose memory is used again, as stores give them. */
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
    buffer.fill(0)
  }
}

async function textOf(bytes: Uint8Array, kind: keyof typeof FIXTURES, run = decompress): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of run(inPieces(bytes, 7), kind)) text += decoder.decode(chunk, { stream: true })
  return text
}

describe.each(['gzip', 'bzip2', 'xz'] as const)('%s', (kind) => {
  const whole = bytesOf(FIXTURES[kind])

  it('is read as its tool wrote it, by both entries', async () => {
    expect(await textOf(whole, kind)).toBe(TEXT)
    expect(await textOf(whole, kind, nodeDecompress)).toBe(TEXT)
  })

  it('is read where it has several streams', async () => {
    const twice = new Uint8Array(whole.length * 2)
    twice.set(whole)
    twice.set(whole, whole.length)
    expect(await textOf(twice, kind)).toBe(TEXT + TEXT)
    expect(await textOf(twice, kind, nodeDecompress)).toBe(TEXT + TEXT)
  })

  it('is refused when it is cut off, wherever that is', async () => {
    for (let end = 1; end < whole.length; end += 5)
      await expect(textOf(whole.subarray(0, end), kind)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID', kind })
  })

  it('never gives other text than it had when a bit of it is wrong (S24)', async () => {
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice()
      damaged[at]! ^= 1 << (at % 8)
      const outcome = await textOf(damaged, kind).catch((error: { code?: string }) => error.code)
      expect([TEXT, 'COMPRESSION_INVALID', 'LAYER_LIMIT']).toContain(outcome)
    }
  })

  it('is stopped when it grows beyond the limits', async () => {
    const run = async () => {
      for await (const _ of decompress(inPieces(whole, 100), kind, { totalBytes: 100 }));
    }
    await expect(run()).rejects.toMatchObject({ code: 'LAYER_LIMIT' })
  })
})

describe('gzip by either entry', () => {
  const whole = bytesOf(FIXTURES.gzip)
  it.each([
    ['portable', decompress],
    ['node', nodeDecompress],
  ] as const)('%s: zeros behind the last member are padding, anything else is damage', async (_, run) => {
    const longer = (...tail: number[]) => Uint8Array.from([...whole, ...tail])
    expect(await textOf(longer(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 'gzip', run)).toBe(TEXT)
    await expect(textOf(longer(7, 7, 7, 7, 7, 7, 7, 7, 7, 7), 'gzip', run)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' })
    await expect(textOf(new Uint8Array(0), 'gzip', run)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' })
  })
})
