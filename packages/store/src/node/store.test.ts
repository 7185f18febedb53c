import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import { openStore } from '@layerwright/store/node'
import { storeSuite } from '@layerwright/store/testing'
import { afterAll, describe, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-store-'))
afterAll(() => rmSync(base, { recursive: true }))
let count = 0
const fresh = () => join(base, `s${count++}`)

storeSuite('disk store', () => openStore(fresh()), { describe, it })
storeSuite('disk store without fsync', () => openStore(fresh(), { fsync: false }), { describe, it })

/** Every path below a folder. */
const listing = (dir: string) => readdirSync(dir, { recursive: true }).map(String).sort()
const bytes = (text: string) => new TextEncoder().encode(text)

describe('opening a store', () => {
  it('makes one in a new or empty folder, and opens it again', async () => {
    const dir = fresh()
    const store = await openStore(join(dir, 'deep', 'er'))
    await store.putRecord('k', 'x', bytes('1'))
    const again = await openStore(join(dir, 'deep', 'er'), { create: false })
    expect(await again.record('k', 'x')).toEqual(bytes('1'))
    mkdirSync(join(dir, 'empty'))
    await openStore(join(dir, 'empty'))
  })
  it.skipIf(process.platform !== 'linux')('refuses a place where no folder can be made, instead of trying for ever', async () => {
    await expect(openStore('/proc/layerwright/store')).rejects.toMatchObject({ code: 'STORE_ACCESS' })
  })
  it.each([
    ['a folder with something else in it', (dir: string) => writeFileSync(join(dir, 'precious.txt'), 'mine')],
    ['a folder whose layout file is something else', (dir: string) => writeFileSync(join(dir, 'layerwright-store.json'), '{"format":"x"}')],
    ['a folder whose layout file is no JSON', (dir: string) => writeFileSync(join(dir, 'layerwright-store.json'), 'x')],
    ['a folder whose layout file is null', (dir: string) => writeFileSync(join(dir, 'layerwright-store.json'), 'null')],
  ])('refuses %s and leaves it as it is', async (_, fill) => {
    const dir = fresh()
    mkdirSync(dir)
    fill(dir)
    const before = listing(dir)
    await expect(openStore(dir)).rejects.toMatchObject({ code: 'STORE_INVALID', path: dir })
    expect(listing(dir)).toEqual(before)
  })
  it('refuses a file, a missing folder under create: false, and another version', async () => {
    const file = fresh()
    writeFileSync(file, 'x')
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_INVALID' })
    expect(readFileSync(file, 'utf8')).toBe('x')
    await expect(openStore(fresh(), { create: false })).rejects.toMatchObject({ code: 'STORE_INVALID' })
    const dir = fresh()
    mkdirSync(dir)
    writeFileSync(join(dir, 'layerwright-store.json'), '{"format":"layerwright-store","version":99}')
    await expect(openStore(dir)).rejects.toMatchObject({ code: 'STORE_VERSION', found: 99 })
  })
  it('sweeps what a dead process left, and only that', async () => {
    const dir = fresh()
    const store = await openStore(dir)
    const writer = store.writer()
    writer.write(new Uint8Array(3 << 20))
    const [alive] = readdirSync(join(dir, 'tmp'))
    const [namespace, , start] = alive!.split('-')
    // A pid that is in use, with the start time of another process; and one of another machine, fresh.
    writeFileSync(join(dir, 'tmp', `${namespace}-${process.pid}-1${start}-00`), 'dead')
    writeFileSync(join(dir, 'tmp', `00000000-1-1-00`), 'elsewhere')
    await openStore(dir)
    expect(readdirSync(join(dir, 'tmp')).sort()).toEqual(['00000000-1-1-00', alive].sort())
    writer.abort()
  })
})

describe('what is damaged', () => {
  it('is found by verify, all at once', async () => {
    const dir = fresh()
    const store = await openStore(dir)
    const writer = store.writer()
    writer.write(bytes('good'))
    await writer.commit()
    await store.putRecord('kind', 'key', bytes('value'))
    const blob = join(dir, 'blobs', 'sha256', sha256('good').slice(7))
    rmSync(blob)
    writeFileSync(blob, 'evil')
    writeFileSync(join(dir, 'blobs', 'sha256', 'stray'), '')
    const record = join(dir, listing(dir).find((name) => /^records\/\w+\/\w+$/.test(name))!)
    writeFileSync(record, 'torn')
    expect((await store.verify()).map((fault) => fault.code).sort()).toEqual(['BLOB_CORRUPT', 'RECORD_CORRUPT', 'STRAY_FILE'])
  })
  it('reads a torn record as absent', async () => {
    const dir = fresh()
    const store = await openStore(dir)
    await store.putRecord('kind', 'key', bytes('value'.repeat(100)))
    const record = join(dir, listing(dir).find((name) => /^records\/\w+\/\w+$/.test(name))!)
    const whole = readFileSync(record)
    for (const length of [0, 1, 31, 40, whole.length - 1]) {
      truncateSync(record, 0)
      writeFileSync(record, whole.subarray(0, length))
      expect(await store.record('kind', 'key')).toBeUndefined()
    }
    const flipped = Buffer.from(whole)
    flipped[whole.length - 3]! ^= 1
    writeFileSync(record, flipped)
    expect(await store.record('kind', 'key')).toBeUndefined()
    await store.putRecord('kind', 'key', bytes('new'))
    expect(await store.record('kind', 'key')).toEqual(bytes('new'))
  })
  it('tells a reader when the blob was removed under it', async () => {
    const store = await openStore(fresh())
    const writer = store.writer()
    writer.write(bytes('short-lived'))
    const blob = await writer.commit()
    await store.collect(new Set())
    expect(() => blob.readInto?.(new Uint8Array(4), 0)).toThrow(expect.objectContaining({ code: 'BLOB_MISSING' }))
    await expect(blob.stream()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  })
  it('keeps reading more blobs than it holds open', async () => {
    const store = await openStore(fresh(), { fsync: false })
    const blobs = []
    for (let i = 0; i < 150; i++) {
      const writer = store.writer()
      writer.write(bytes(`blob ${i}`))
      blobs.push(await writer.commit())
    }
    const target = new Uint8Array(20)
    for (const round of [0, 1]) {
      for (let i = 0; i < 150; i++) {
        const length = blobs[i]!.readInto!(target, 0)
        expect(new TextDecoder().decode(target.subarray(0, length))).toBe(`blob ${i}`)
      }
      if (round === 0) store.close()
    }
    store.close()
  })
})
