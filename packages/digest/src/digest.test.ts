import { createHash } from 'node:crypto'
import { createHasher, hexOf, isDigest, parseDigest, sha256 } from '@layerwright/digest'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import * as native from './sha256/node.js'
import * as wasm from './sha256/wasm.js'

const reference = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('digests', () => {
  it('of texts and bytes', () => {
    expect(sha256('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(sha256('ü')).toBe(sha256(new TextEncoder().encode('ü')))
    expect(createHasher().update(new TextEncoder().encode('a')).update(new TextEncoder().encode('b')).digest()).toBe(sha256('ab'))
  })
  it.each([
    '',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(65)}`,
    `sha512:${'a'.repeat(128)}`,
    `sha256:${'a'.repeat(63)}/`,
    `sha256:${'a'.repeat(64)}\n`,
  ])('are not %j', (text) => {
    expect(isDigest(text)).toBe(false)
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }))
    expect(() => hexOf(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }))
  })
})

describe('the browser implementation', () => {
  it('says when it is not ready', () => {
    expect(() => wasm.sha256Hex(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'DIGEST_NOT_READY' }))
    expect(() => wasm.createSha256()).toThrow(expect.objectContaining({ code: 'DIGEST_NOT_READY' }))
  })
  describe('once ready', () => {
    beforeAll(() => wasm.ready())
    it.each([
      ['node', native],
      ['wasm', wasm],
    ] as const)('%s: any number of hashes can be open at once, in any order', (_, implementation) => {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(4), fc.uint8Array({ maxLength: 200 })), { maxLength: 40 }), (steps) => {
          const open = Array.from({ length: 5 }, () => ({ hash: implementation.createSha256(), parts: [] as Uint8Array[] }))
          for (const [which, bytes] of steps) {
            open[which]!.hash.update(bytes)
            open[which]!.parts.push(bytes)
            expect(implementation.sha256Hex(bytes)).toBe(reference(bytes))
          }
          for (const { hash, parts } of open) expect(hash.hex()).toBe(reference(Buffer.concat(parts)))
        }),
        { numRuns: 50 },
      )
    })
  })
})
