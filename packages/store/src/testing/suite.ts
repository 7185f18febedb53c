import { createHasher, sha256 } from '@layerwright/digest'
import type { MaintainedStore } from '../types.js'
import { bytes, equal, listed, put, read, rejects, text } from './assert.js'
import { maintenanceSuite } from './maintenance.js'
import type { TestRunner } from './runner.js'

/** What every store must do. `makeStore` gives an empty one each time. */
export function storeSuite(name: string, makeStore: () => Promise<MaintainedStore>, runner: TestRunner): void {
  const { describe, it } = runner
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
      equal([await store.hasRecords('a'), await store.hasRecords('none')], [true, false], 'whether there are any')
      await store.deleteRecord('a', 'x')
      await store.deleteRecord('a', 'x')
      equal(await store.record('a', 'x'), undefined, 'deleted')
      equal(await store.recordKeys('a'), ['y'], 'keys')
      await store.deleteRecord('a', 'y')
      equal(await store.hasRecords('a'), false, 'whether any are left')
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

  maintenanceSuite(name, makeStore, runner)
}
