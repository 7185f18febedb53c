/** What does not fit into memory goes to disk, and nobody can tell but by the memory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Content, createOverlay, emptySnapshot, memoryContent, type Overlay, readAll, readAllSync, walk } from '@layerwright/vfs'
import { openSpill } from '@layerwright/vfs/node'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'layerwright-spill-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const describeTree = (overlay: Overlay) =>
  [...walk(overlay.freeze())].map(({ path, inode }) => [
    path,
    inode.type === 'file' ? Buffer.from(readAllSync(inode.content)).toString('hex') : inode.type,
  ])

/** A spill that remembers what it was given, in memory. */
function recorder(budget: number) {
  const stored: number[] = []
  const store = (bytes: Uint8Array): Content => {
    stored.push(bytes.length)
    const inner = memoryContent(bytes)
    // Another kind of content than the overlay's own.
    return { size: inner.size, stream: (start, end) => inner.stream(start, end), readInto: (target, at) => inner.readInto!(target, at) }
  }
  return { budget, store, stored }
}

describe('an overlay with a budget', () => {
  it('keeps everything in memory that fits', () => {
    const spill = recorder(1000)
    const overlay = createOverlay(emptySnapshot(), { spill })
    for (let i = 0; i < 10; i++) overlay.writeFile(`/${i}`, new Uint8Array(100))
    expect(spill.stored).toEqual([])
    overlay.writeFile('/more', 'x')
    // The ones that were written longest ago, down to half of the budget.
    expect(spill.stored).toEqual([100, 100, 100, 100, 100, 100])
  })
  it('counts what is overwritten, truncated and removed no more', () => {
    const spill = recorder(1000)
    const overlay = createOverlay(emptySnapshot(), { spill })
    for (let i = 0; i < 50; i++) overlay.writeFile('/same', new Uint8Array(900))
    for (let i = 0; i < 50; i++) {
      overlay.truncate('/same', 0)
      overlay.writeFile('/same', new Uint8Array(900), { flag: 'a' })
    }
    expect(spill.stored).toEqual([])
    overlay.unlink('/same')
    overlay.writeFile('/other', new Uint8Array(600))
    expect(spill.stored).toEqual([])
  })
  it('moves a file that grows out piece by piece, each byte once', () => {
    const spill = recorder(100_000)
    const overlay = createOverlay(emptySnapshot(), { spill })
    const total = 1_000_000
    for (let i = 0; i < total / 100; i++) overlay.writeFile('/log', new Uint8Array(100).fill(i), { flag: 'a' })
    const content = overlay.open('/log')
    expect(content.size).toBe(total)
    expect(spill.stored.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(total)
    const bytes = readAllSync(content)
    expect(bytes.every((byte, i) => byte === (Math.floor(i / 100) & 0xff))).toBe(true)
  })
  it('leaves what was frozen as it is', () => {
    const spill = recorder(500)
    const overlay = createOverlay(emptySnapshot(), { spill })
    overlay.writeFile('/a', new Uint8Array(400).fill(1))
    const before = overlay.freeze()
    const frozen = before.entries.get('a')
    overlay.writeFile('/b', new Uint8Array(400).fill(2))
    expect(spill.stored).toContain(400)
    expect(before.entries.get('a')).toBe(frozen)
    expect(readAllSync(overlay.open('/a'))).toEqual(new Uint8Array(400).fill(1))
    expect(overlay.diff()).toEqual([
      { kind: 'A', path: '/a' },
      { kind: 'A', path: '/b' },
    ])
  })
  it('is the same filesystem as one without', () => {
    const step = fc.record({
      op: fc.constantFrom('write', 'append', 'at', 'truncate', 'rename', 'link', 'unlink', 'freeze'),
      a: fc.constantFrom('/a', '/b', '/c'),
      b: fc.constantFrom('/a', '/b', '/c'),
      bytes: fc.uint8Array({ maxLength: 60 }),
      at: fc.nat(90),
    })
    const disk = openSpill({ budget: 64, dir })
    try {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const run = (overlay: Overlay) => {
            const results = steps.map(({ op, a, b, bytes, at }) => {
              try {
                if (op === 'write') overlay.writeFile(a, bytes)
                else if (op === 'append') overlay.writeFile(a, bytes, { flag: 'a' })
                else if (op === 'at') overlay.writeAt(a, at, bytes)
                else if (op === 'truncate') overlay.truncate(a, at)
                else if (op === 'rename') overlay.rename(a, b)
                else if (op === 'link') overlay.link(a, b)
                else if (op === 'unlink') overlay.unlink(a)
                else overlay.freeze()
                return 'ok'
              } catch (error) {
                return (error as { code: string }).code
              }
            })
            return [results, describeTree(overlay)]
          }
          const now = () => 0n
          expect(run(createOverlay(emptySnapshot(), { now, spill: disk }))).toEqual(run(createOverlay(emptySnapshot(), { now })))
        }),
        { numRuns: 300 },
      )
    } finally {
      disk.close()
    }
  })
})

describe('openSpill', () => {
  it('leaves nothing in its folder, while it is used and afterwards', async () => {
    const spill = openSpill({ budget: 1000, dir })
    const overlay = createOverlay(emptySnapshot(), { spill })
    const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => i % 253)
    overlay.writeFile('/big', bytes)
    expect(spill.size).toBe(bytes.length)
    if (process.platform !== 'win32') expect(readdirSync(dir)).toEqual([])
    expect(Buffer.compare(await readAll(overlay.open('/big')), bytes)).toBe(0)
    const part: Uint8Array[] = []
    for await (const chunk of overlay.open('/big').stream(300_000, 300_010)) part.push(chunk.slice())
    expect(Buffer.concat(part)).toEqual(Buffer.from(bytes.subarray(300_000, 300_010)))
    spill.close()
    spill.close()
    expect(readdirSync(dir)).toEqual([])
    expect(() => readAllSync(overlay.open('/big'))).toThrow(expect.objectContaining({ code: 'EIO' }))
    await expect(readAll(overlay.open('/big'))).rejects.toMatchObject({ code: 'EIO' })
  })
  it('says where it could not be made', () => {
    expect(() => openSpill({ dir: join(dir, 'none') })).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})
