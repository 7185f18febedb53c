import { type Digest, sha256 } from '@layerwright/digest'
import { type CacheEntry, collectGarbage, type KeepPolicy, memoryStore, planEviction, type StoreState } from '@layerwright/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const MB = 1 << 20
const NOW = 1_000_000_000
const blobOf = (name: string): Digest => sha256(name)

/** A state from a short description: entries as `name`, minutes since their use, blobs by name; every blob has 1 MB. */
function state(
  entries: readonly (Partial<CacheEntry> & { key: string; ago: number; needs?: readonly string[] })[],
  rest: Partial<StoreState> & { extra?: readonly string[] } = {},
): StoreState {
  const made = entries.map(
    ({ ago, needs = [], ...entry }): CacheEntry => ({
      kind: 'k',
      disk: 4096,
      usedMs: NOW - ago * 60_000,
      blobs: needs.map(blobOf),
      ...entry,
    }),
  )
  const { extra = [], ...others } = rest
  const names = new Set([...entries.flatMap(({ needs = [] }) => needs), ...extra])
  const blobs = [...names].map((name) => ({ digest: blobOf(name), size: MB, disk: MB, usedMs: NOW - 3_600_000 }))
  return {
    blobs,
    entries: made,
    pinned: new Set(),
    total: blobs.length * MB + made.reduce((sum, { disk }) => sum + disk, 0),
    since: Number.POSITIVE_INFINITY,
    nowMs: NOW,
    ...others,
  }
}
const plan = (of: StoreState, policy?: KeepPolicy) => {
  const { deleted, forgotten, blobs, over } = planEviction(of, policy)
  return { gone: [...deleted, ...forgotten].map(({ key }) => key).sort(), blobs: blobs.length, over }
}

describe('what goes', () => {
  it('is only garbage without a policy', () => {
    expect(plan(state([{ key: 'a', ago: 900, needs: ['x'] }], { extra: ['garbage'] }))).toEqual({ gone: [], blobs: 1, over: 0 })
  })
  it('is the least recently used, until the cap holds', () => {
    const four = state([1, 4, 3, 2].map((ago) => ({ key: `used ${ago} ago`, ago, needs: [`of ${ago}`] })))
    expect(plan(four, { maxBytes: 2.5 * MB })).toEqual({ gone: ['used 3 ago', 'used 4 ago'], blobs: 2, over: 0 })
    expect(plan(four, { maxBytes: 9 * MB }).gone).toEqual([])
  })
  it('is no blob that a running build has written again, for an entry that came after the list', () => {
    const listed = state([
      { key: 'old', ago: 900, needs: ['written again'] },
      { key: 'other', ago: 800, needs: ['forgotten'] },
    ])
    const blobs = listed.blobs.map((blob) => (blob.digest === blobOf('written again') ? { ...blob, usedMs: NOW - 1000 } : blob))
    expect(plan({ ...listed, blobs, since: NOW - 60_000 }, { maxBytes: MB / 2 })).toMatchObject({ gone: ['other'], blobs: 1 })
    expect(plan({ ...listed, since: NOW - 60_000 }, { maxBytes: MB / 2 })).toMatchObject({ gone: ['old', 'other'], blobs: 2 })
  })
  it('is a parent that nobody used, though its child stays', () => {
    // A child's record names its own layer only: nothing of it speaks of the parent.
    const chain = state([
      { key: 'parent', ago: 100, needs: ['p'] },
      { key: 'child', ago: 1, needs: ['c'] },
    ])
    expect(plan(chain, { maxBytes: 1.5 * MB }).gone).toEqual(['parent'])
  })
  it('is a shared blob only with the last that needs it, by the latest use of any', () => {
    const shared = state([
      { key: 'old', ago: 100, needs: ['s'] },
      { key: 'new', ago: 1, needs: ['s'] },
      { key: 'between', ago: 50, needs: ['b'] },
    ])
    expect(plan(shared, { maxBytes: 1.5 * MB }).gone).toEqual(['between'])
    expect(plan(shared, { maxBytes: 0 }).gone).toEqual(['between', 'new', 'old'])
  })
  it('is never what is pinned or in use; by how much that is over the cap is said', () => {
    const busy = state(
      [
        { key: 'image layer', ago: 100, needs: ['pinned'] },
        { key: 'in use', ago: 1, needs: ['used'] },
        { key: 'idle', ago: 10, needs: ['idle'] },
      ],
      { pinned: new Set([blobOf('pinned')]), since: NOW - 120_000 },
    )
    const { gone, blobs, over } = plan(busy, { maxBytes: MB })
    expect({ gone, blobs }).toEqual({ gone: ['idle', 'image layer'], blobs: 1 })
    expect(over).toBe(MB + 4096)
  })
  it('is what policies keep only after everything else, and not at all without a cap', () => {
    const kept = state([
      { key: 'recent', ago: 5, needs: ['1'] },
      { key: 'stage', ago: 100, needs: ['2'], stages: ['deps'] },
      { key: 'tag', ago: 101, needs: ['3'], tags: ['docker.io/library/app:main'] },
      { key: 'other', ago: 50, needs: ['4'], stages: ['build'], tags: ['docker.io/library/app:pr-1'] },
    ])
    const policy: KeepPolicy = { keepRecentMs: 600_000, keepStages: ['dep*'], keepTags: ['*/app:main'] }
    expect(plan(kept, policy).gone).toEqual(['other'])
    expect(plan(kept, { ...policy, maxBytes: 3.5 * MB }).gone).toEqual(['other'])
    expect(plan(kept, { ...policy, maxBytes: 2.5 * MB }).gone).toEqual(['other', 'tag'])
    expect(plan(kept, { ...policy, maxBytes: 0 }).gone).toHaveLength(4)
  })
  it('takes what was derived from it along', () => {
    const derived = state([
      { key: 'step', ago: 100, needs: ['layer'] },
      { key: 'index', ago: 1, of: blobOf('layer') },
      { key: 'gzip', ago: 1, of: blobOf('layer'), needs: ['compressed'] },
      { key: 'index of nothing', ago: 1, of: blobOf('long gone') },
    ])
    expect(plan(derived).gone).toEqual(['index of nothing'])
    expect(plan(derived, { maxBytes: 2.5 * MB }).gone).toEqual(['index of nothing'])
    expect(plan(derived, { maxBytes: 1.5 * MB }).gone).toEqual(['gzip', 'index', 'index of nothing', 'step'])
  })
  it('leaves a trace where there was something to remember, and the oldest traces go', () => {
    const forget = async () => {}
    const { forgotten, deleted } = planEviction(
      state(
        [
          { key: 'step', ago: 100, needs: ['layer'], forget },
          { key: 'pinned', ago: 100, needs: ['pinned'], forget },
          ...Array.from({ length: 1005 }, (_, i) => ({ key: `trace ${i}`, ago: i, trace: true })),
        ],
        { pinned: new Set([blobOf('pinned')]) },
      ),
      { maxBytes: MB / 2 },
    )
    expect(forgotten.map(({ key }) => key)).toEqual(['step'])
    // A hundredth of this cap has room for one trace of 4 KiB.
    expect(deleted.filter(({ trace }) => trace)).toHaveLength(1004)
    expect(deleted.find(({ key }) => key === 'trace 0')).toBeUndefined()
    expect(deleted.map(({ key }) => key)).toContain('pinned')
  })
  it('holds the cap, keeps what is whole, and leaves no garbage, whatever the store', () => {
    const entry = fc.record({
      ago: fc.nat(200),
      needs: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 3 }),
      of: fc.option(fc.constantFrom('a', 'b', 'z'), { nil: undefined }),
    })
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 12 }),
        fc.subarray(['a', 'b', 'c']),
        fc.nat(8),
        fc.option(fc.nat(200), { nil: undefined }),
        (list, pinned, cap, busy) => {
          const of = state(
            list.map(({ of, ...one }, i) => ({ key: String(i), ...one, ...(of ? { of: blobOf(of) } : {}) })),
            {
              extra: ['a', 'g'],
              pinned: new Set(pinned.map(blobOf)),
              since: busy === undefined ? Number.POSITIVE_INFINITY : NOW - busy * 60_000,
            },
          )
          const made = planEviction(of, { maxBytes: cap * MB })
          const gone = new Set(made.deleted)
          const removed = new Set(made.blobs.map(({ digest }) => digest))
          const left = of.entries.filter((one) => !gone.has(one))
          const there = new Set(of.blobs.map(({ digest }) => digest))
          for (const one of left) for (const blob of one.blobs) if (there.has(blob)) expect(removed.has(blob)).toBe(false)
          for (const blob of of.pinned) expect(removed.has(blob)).toBe(false)
          for (const one of made.deleted) expect(one.usedMs < of.since).toBe(true)
          const bytes = [...there].filter((blob) => !removed.has(blob)).length * MB + left.reduce((sum, { disk }) => sum + disk, 0)
          expect(made.after).toBe(bytes)
          expect(made.over).toBe(Math.max(0, bytes - cap * MB))
          // What is over the cap is pinned or in use.
          if (made.over === 0) return
          for (const { digest, usedMs } of of.blobs) {
            if (removed.has(digest) || of.pinned.has(digest) || usedMs >= of.since) continue
            expect(left.some((one) => one.blobs.includes(digest) && one.usedMs >= of.since)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a collection', () => {
  it('does what was planned, or only says it', async () => {
    const store = memoryStore()
    const put = async (text: string) => {
      const writer = store.writer()
      writer.write(new TextEncoder().encode(text))
      return (await writer.commit()).digest
    }
    const [kept, gone] = [await put('kept'), await put('gone'.repeat(1000))]
    const forgotten: string[] = []
    await store.putRecord('k', 'gone', new Uint8Array(10))
    const options = {
      owners: [
        async function* (): AsyncGenerator<CacheEntry> {
          for await (const { key, disk, usedMs } of store.records('k'))
            yield { kind: 'k', key, disk, usedMs, blobs: [gone], forget: async ({ reason }) => void forgotten.push(reason) }
        },
      ],
      pinned: async () => new Set([kept]),
      policy: { maxBytes: 100 },
    }
    expect((await collectGarbage(store, { ...options, dryRun: true })).blobs.map(({ digest }) => digest)).toEqual([gone])
    expect(await store.blob(gone)).toBeDefined()
    expect(forgotten).toEqual([])
    expect((await collectGarbage(store, options)).blobs.map(({ digest }) => digest)).toEqual([gone])
    expect(await store.blob(gone)).toBeUndefined()
    expect(await store.blob(kept)).toBeDefined()
    expect(forgotten).toEqual(['the store was over its cap of 100 bytes'])
  })
  it('leaves what was touched after it was listed', async () => {
    const store = memoryStore()
    const writer = store.writer()
    writer.write(new Uint8Array(1000))
    const { digest } = await writer.commit()
    await store.putRecord('k', 'x', new Uint8Array(10))
    await new Promise((resolve) => setTimeout(resolve, 5))
    const owner = async function* (): AsyncGenerator<CacheEntry> {
      for await (const { key, disk, usedMs } of store.records('k')) yield { kind: 'k', key, disk, usedMs, blobs: [digest] }
      // A build that has had its lease for long finds it just now.
      expect(await store.touch('k', 'x')).toBe(true)
    }
    await collectGarbage(store, { owners: [owner], pinned: async () => new Set(), policy: { maxBytes: 0 } })
    expect(await store.record('k', 'x')).toBeDefined()
    expect(await store.blob(digest)).toBeDefined()
  })
})
