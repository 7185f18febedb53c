import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import type { MaintainedStore, Store } from '../types.js'

/** The two functions of a test runner that the suite needs: those of vitest, jest, mocha or node:test. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

/** A store does not do what the suite demands. */
class StoreSuiteError extends Error {
  override readonly name = 'StoreSuiteError'
  readonly code = 'STORE_SUITE'
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string | undefined => data && new TextDecoder().decode(data)

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new StoreSuiteError(`${what}: got ${a}, expected ${b}`)
}

async function rejects(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    return equal((error as { code?: string }).code, code, 'code of the error')
  }
  throw new StoreSuiteError(`expected an error with code ${code}`)
}

async function put(store: Store, data: Uint8Array): Promise<Digest> {
  const writer = store.writer()
  writer.write(data)
  return (await writer.commit()).digest
}

async function read(store: Store, digest: Digest, start?: number, end?: number): Promise<string | undefined> {
  const blob = await store.blob(digest)
  if (!blob) return undefined
  const decoder = new TextDecoder()
  let out = ''
  for await (const chunk of blob.stream(start, end)) out += decoder.decode(chunk, { stream: true })
  return out
}

async function listed(store: MaintainedStore): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of store.blobs()) digests.push(digest)
  return digests.sort()
}

/** What every store must do. `makeStore` gives an empty one each time. */
export function storeSuite(name: string, makeStore: () => Promise<MaintainedStore>, { describe, it }: TestRunner): void {
  describe(`${name}: blobs`, () => {
    it('gives back what was written, in parts and at once', async () => {
      const store = await makeStore()
      const digest = await put(store, bytes('hello world'))
      equal(digest, sha256('hello world'), 'digest')
      equal(await read(store, digest), 'hello world', 'stream')
      equal(await read(store, digest, 6, 9), 'wor', 'part')
      equal(await read(store, digest, 11), '', 'part at the end')
      const blob = await store.blob(digest, 11)
      equal(blob?.size, 11, 'size')
      if (blob?.readInto) {
        const target = new Uint8Array(8)
        equal(blob.readInto(target, 6), 5, 'bytes up to the end')
        equal(text(target.subarray(0, 5)), 'world', 'readInto')
        equal(blob.readInto(target, 11), 0, 'bytes behind the end')
      }
    })
    it('takes the bytes at once: the caller may reuse the memory', async () => {
      const store = await makeStore()
      const writer = store.writer()
      const memory = new Uint8Array(3)
      for (const part of ['abc', 'def', 'ghi']) {
        memory.set(bytes(part))
        writer.write(memory)
      }
      memory.fill(0)
      equal((await writer.commit()).digest, sha256('abcdefghi'), 'digest')
    })
    it('copies also what only looks like plain bytes', async () => {
      const store = await makeStore()
      // As Node's Buffer, whose slice shares the memory.
      class Sharing extends Uint8Array {
        override slice(start?: number, end?: number) {
          return this.subarray(start, end) as Uint8Array<ArrayBuffer>
        }
      }
      const memory = new Sharing(bytes('abc'))
      const writer = store.writer()
      writer.write(memory)
      await store.putRecord('k', 'x', memory)
      memory.fill(0)
      const digest = (await writer.commit()).digest
      equal([digest, await read(store, digest)], [sha256('abc'), 'abc'], 'blob')
      equal(text(await store.record('k', 'x')), 'abc', 'record')
    })
    it('takes writes of every size', async () => {
      const store = await makeStore()
      const writer = store.writer()
      const hasher = createHasher()
      let size = 0
      for (const length of [0, 1, 1 << 20, (1 << 20) - 1, 5000, (1 << 20) + 1, 3 << 20, 7, 20_000]) {
        const part = new Uint8Array(length).fill(length % 251)
        writer.write(part)
        hasher.update(part)
        size += length
      }
      const digest = hasher.digest()
      const blob = await writer.commit({ digest, size })
      const again = createHasher()
      for await (const chunk of blob.stream()) again.update(chunk)
      equal(again.digest(), digest, 'digest of what is read')
    })
    it('holds an empty blob', async () => {
      const store = await makeStore()
      equal(await read(store, await put(store, new Uint8Array(0))), '', 'contents')
    })
    it('knows nothing of a blob before commit and after abort', async () => {
      const store = await makeStore()
      const writer = store.writer()
      writer.write(bytes('draft'))
      equal(await store.blob(sha256('draft')), undefined, 'before commit')
      writer.abort()
      writer.abort()
      equal(await store.blob(sha256('draft')), undefined, 'after abort')
      equal(await listed(store), [], 'all blobs')
      await rejects('WRITER_CLOSED', () => writer.commit())
      await rejects('WRITER_CLOSED', async () => writer.write(bytes('more')))
    })
    it('refuses a wrong digest and a wrong size, and keeps nothing of it', async () => {
      const store = await makeStore()
      const first = store.writer()
      first.write(bytes('one'))
      await rejects('DIGEST_MISMATCH', () => first.commit({ digest: sha256('two') }))
      const second = store.writer()
      second.write(bytes('one'))
      await rejects('SIZE_MISMATCH', () => second.commit({ digest: sha256('one'), size: 4 }))
      equal(await listed(store), [], 'all blobs')
      equal(await store.verify(), [], 'faults')
    })
    it('keeps one of two equal blobs, also when both are written at once', async () => {
      const store = await makeStore()
      await Promise.all([put(store, bytes('same')), put(store, bytes('same')), put(store, bytes('same'))])
      equal(await listed(store), [sha256('same')], 'all blobs')
    })
    it('does nothing when abort comes after commit', async () => {
      const store = await makeStore()
      const writer = store.writer()
      writer.write(bytes('kept'))
      await writer.commit()
      writer.abort()
      equal(await read(store, sha256('kept')), 'kept', 'contents')
    })
    it('checks the size that the caller knows', async () => {
      const store = await makeStore()
      const digest = await put(store, bytes('four'))
      await rejects('BLOB_CORRUPT', () => store.blob(digest, 5))
    })
  })

  describe(`${name}: records`, () => {
    it('replaces, lists and deletes', async () => {
      const store = await makeStore()
      equal(await store.record('a', 'x'), undefined, 'absent')
      await store.putRecord('a', 'y', bytes('1'))
      await store.putRecord('a', 'x', bytes('2'))
      await store.putRecord('b', 'x', bytes('3'))
      await store.putRecord('a', 'x', bytes('4'))
      equal(text(await store.record('a', 'x')), '4', 'latest')
      equal(text(await store.record('b', 'x')), '3', 'another kind')
      equal(await store.recordKeys('a'), ['x', 'y'], 'keys')
      equal(await store.recordKeys('none'), [], 'keys of nothing')
      await store.deleteRecord('a', 'x')
      await store.deleteRecord('a', 'x')
      equal(await store.record('a', 'x'), undefined, 'deleted')
      equal(await store.recordKeys('a'), ['y'], 'keys')
    })
    it('takes any text as kind and key', async () => {
      const store = await makeStore()
      const keys = ['', '../../etc/passwd', '/', 'a\0b', '__proto__', 'constructor', 'ä€😀', 'x'.repeat(10_000), 'A', 'a']
      for (const key of keys) await store.putRecord('../k', key, bytes(`of ${key}`))
      for (const key of keys) equal(text(await store.record('../k', key)), `of ${key}`, 'value')
      equal(await store.recordKeys('../k'), [...keys].sort(), 'keys')
    })
    it('keeps bytes as they are, whatever the caller does with the memory', async () => {
      const store = await makeStore()
      const data = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7)
      await store.putRecord('k', 'bytes', data)
      const expected = sha256(data)
      data.fill(0)
      equal(sha256((await store.record('k', 'bytes')) ?? bytes('')), expected, 'digest')
      await store.putRecord('k', 'empty', new Uint8Array(0))
      equal((await store.record('k', 'empty'))?.length, 0, 'empty')
    })
  })

  describe(`${name}: maintenance`, () => {
    it('collects what nobody reaches', async () => {
      const store = await makeStore()
      const kept = await put(store, bytes('kept'))
      await put(store, bytes('dropped'))
      const open = store.writer()
      open.write(bytes('being written'))
      equal(await store.collect(new Set([kept])), { removed: 1, bytes: 7 }, 'freed')
      equal((await open.commit()).digest, sha256('being written'), 'the blob that was being written')
      equal(await listed(store), [kept, sha256('being written')].sort(), 'all blobs')
    })
    it('spares what was committed since a given time, also again', async () => {
      const store = await makeStore()
      await put(store, bytes('young'))
      equal(await store.collect(new Set(), { before: Date.now() - 60_000 }), { removed: 0, bytes: 0 }, 'freed')
      equal(await store.collect(new Set(), { before: Date.now() + 60_000 }), { removed: 1, bytes: 5 }, 'freed')
    })
    it('removes blobs as they were listed, and no others', async () => {
      const store = await makeStore()
      const [gone, again] = [await put(store, bytes('gone')), await put(store, bytes('again'))]
      const blobs = []
      for await (const blob of store.blobs()) blobs.push(blob)
      await new Promise((resolve) => setTimeout(resolve, 30))
      await put(store, bytes('again'))
      await put(store, bytes('new'))
      await store.remove(blobs)
      equal(await listed(store), [again, sha256('new')].sort(), 'all blobs')
      equal(await store.blob(gone), undefined, 'the removed one')
    })
    it('runs holders of a lock one after another, and other names beside them', async () => {
      const store = await makeStore()
      let inside = 0
      let most = 0
      const work = async () => {
        most = Math.max(most, ++inside)
        await new Promise((resolve) => setTimeout(resolve, 5))
        inside--
        return 'done'
      }
      equal(await Promise.all([1, 2, 3, 4].map(() => store.lock('name', work))), ['done', 'done', 'done', 'done'], 'results')
      equal(most, 1, 'holders at once')
      await store.lock('name', () => store.lock('another', async () => {}))
    })
    it('releases a lock when the work fails, and gives the error on', async () => {
      const store = await makeStore()
      await rejects('MINE', () => store.lock('name', () => Promise.reject(Object.assign(new Error('no'), { code: 'MINE' }))))
      equal(await store.lock('name', async () => 1), 1, 'next holder')
    })
    it('ends the wait for a lock by a signal, and lets nobody in too early', async () => {
      const store = await makeStore()
      const controller = new AbortController()
      let finish = () => {}
      const first = store.lock('name', () => new Promise<void>((resolve) => (finish = resolve)))
      const waiting = store.lock('name', async () => {}, controller.signal)
      let entered = false
      const third = store.lock('name', async () => {
        entered = true
      })
      controller.abort(Object.assign(new Error('stop'), { code: 'STOPPED' }))
      await rejects('STOPPED', () => waiting)
      await new Promise((resolve) => setTimeout(resolve, 60))
      equal(entered, false, 'third holder while the first works')
      finish()
      await Promise.all([first, third])
      equal(entered, true, 'third holder')
    })
    it('lists records with what they take and when they were of use', async () => {
      const store = await makeStore()
      await store.putRecord('k', 'x', bytes('1'))
      await store.putRecord('k', 'y', bytes('2'))
      await store.putRecord('other', 'z', bytes('3'))
      const all = async () => {
        const found = []
        for await (const record of store.records('k')) found.push(record)
        return found.sort((a, b) => (a.key < b.key ? -1 : 1))
      }
      const [x, y] = await all()
      equal([x?.key, text(await x?.value()), y?.key, text(await y?.value())], ['x', '1', 'y', '2'], 'records')
      equal((x?.disk ?? 0) >= 1, true, 'bytes')
      await store.putRecord('large', 'x'.repeat(5000), new Uint8Array(50_000).fill(7))
      for await (const { key, value } of store.records('large'))
        equal([key.length, sha256((await value()) ?? bytes(''))], [5000, sha256(new Uint8Array(50_000).fill(7))], 'a large one')
      await new Promise((resolve) => setTimeout(resolve, 30))
      await store.touch('k', 'x')
      await store.touch('k', 'absent')
      const [later, same] = await all()
      equal([(later?.usedMs ?? 0) > (x?.usedMs ?? 0), same?.usedMs === y?.usedMs], [true, true], 'times')
      equal(await store.record('k', 'absent'), undefined, 'a record that was not there')
    })
    it('counts what it takes', async () => {
      const store = await makeStore()
      const before = await store.usage()
      await put(store, new Uint8Array(100_000).fill(1))
      await store.putRecord('k', 'x', new Uint8Array(50_000))
      const { blobs, records, other, total } = await store.usage()
      equal([blobs - before.blobs >= 100_000, records - before.records >= 50_000], [true, true], 'growth')
      equal(blobs + records + other, total, 'sum')
    })
    it('tells a collection since when the store is in use', async () => {
      const store = await makeStore()
      equal(await store.maintain(async (since) => since === Number.POSITIVE_INFINITY), true, 'without a lease')
      const began = Date.now()
      await store.lease(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        const since = await store.maintain(async (since) => since)
        equal([since <= began + 10, since > began - 60_000], [true, true], 'with a lease')
      })
      equal(await store.maintain(async (since) => since === Number.POSITIVE_INFINITY), true, 'after it')
    })
    it('lets a lease begin only when a collection is over', async () => {
      const store = await makeStore()
      let finish = () => {}
      const held = new Promise<void>((resolve) => (finish = resolve))
      let collection: Promise<void> = held
      await new Promise<void>((began) => {
        collection = store.maintain(() => {
          began()
          return held
        })
      })
      let entered = false
      const lease = store.lease(async () => {
        entered = true
      })
      await new Promise((resolve) => setTimeout(resolve, 60))
      equal(entered, false, 'lease during a collection')
      finish()
      await Promise.all([collection, lease])
      equal(entered, true, 'lease after it')
      await rejects('MINE', () => store.lease(() => Promise.reject(Object.assign(new Error('no'), { code: 'MINE' }))))
      equal(await store.maintain(async (since) => since === Number.POSITIVE_INFINITY), true, 'a lease that failed is over')
    })
    it('finds nothing wrong with a store that was only used', async () => {
      const store = await makeStore()
      await put(store, bytes('x'))
      await store.putRecord('k', 'x', bytes('y'))
      equal(await store.verify(), [], 'faults')
    })
  })
}
