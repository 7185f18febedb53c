import { sha256 } from '@layerwright/digest'
import type { MaintainedStore } from '../types.js'
import { bytes, equal, listed, put, rejects, text } from './assert.js'
import type { TestRunner } from './runner.js'

/** The part of the suite that is about `StoreMaintenance`. */
export function maintenanceSuite(name: string, makeStore: () => Promise<MaintainedStore>, { describe, it }: TestRunner): void {
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
      await store.lease(async () => {
        const began = Date.now()
        await new Promise((resolve) => setTimeout(resolve, 20))
        const since = await store.maintain(async (since) => since)
        equal([since <= began, since > began - 60_000], [true, true], 'with a lease')
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
