/** Traced results between machines: what a RUN looked at travels with its result, and is believed no more than anything else of a cache. */
import { type BuildOptions, type CachePlace, exportCache, importCache } from '@layerwright/build'
import { type Digest, sha256 } from '@layerwright/digest'
import type { Descriptor } from '@layerwright/image'
import { memoryStore, type Store } from '@layerwright/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'
import { memoryPlace } from './shared-place.js'
import { BASE_STAGE, buildFiles, SHELL_BASE } from './support.js'

const FILES: Record<string, string | { content: string; mode: number }> = {
  ...SHELL_BASE,
  Dockerfile: `${BASE_STAGE}FROM base\nWORKDIR /app\nCOPY app/ .\nRUN cat package.json > installed\nRUN [ -f installed ] && [ ! -f extra ] && cat src/main > built\n`,
  'app/package.json': '{}',
  'app/src/main': 'main',
  'app/src/other': 'other',
}
const OTHER = { ...FILES, 'app/src/other': 'changed' }
const HIT = 'nothing that it looked at changed'

async function on(store: Store, files: typeof FILES, options: Partial<BuildOptions> = {}) {
  const refused: string[] = []
  const result = await buildFiles(files, {
    store,
    cache: { strength: 'traced' },
    ...options,
    onEvent: (event) => void (event.type === 'notice' && event.code === 'CACHE_REFUSED' && refused.push(event.message)),
  })
  const runs = result.steps.filter(({ instruction }) => instruction.startsWith('RUN')).map(({ reason }) => reason)
  return { result, runs, refused, digest: result.image.digest }
}
const clean = async (files: typeof FILES) => (await buildFiles(files)).image.digest

/** A place with a traced build in it. */
async function filled(options: { readonly producer?: string } = {}) {
  const shared = memoryPlace()
  await on(memoryStore(), FILES, { cacheTo: [{ place: shared.place, mode: 'max', ...options }] })
  return shared
}
const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const tracesIn = ({ manifests }: ReturnType<typeof memoryPlace>) => [...manifests.keys()].filter((tag) => tag.startsWith('trace-'))

describe('traced results in a shared cache', () => {
  it('are found by a machine that has nothing, after a change to what they did not look at', async () => {
    const { place } = await filled()
    const store = memoryStore()
    const there = await on(store, OTHER, { cacheFrom: [{ place }] })
    expect(there).toMatchObject({ runs: [HIT, HIT], refused: [], digest: await clean(OTHER) })
    // What led to them stays: the next change needs nobody.
    const more = { ...FILES, 'app/src/other': 'changed again', 'app/src/new': '' }
    expect(await on(store, more)).toMatchObject({ runs: [HIT, HIT], digest: await clean(more) })
  })

  it('travel in a bundle, any number of times', async () => {
    const [first, bundle, again] = [memoryStore(), memoryPlace(), memoryPlace()]
    const { result } = await on(first, FILES)
    await exportCache(
      first,
      result.steps.flatMap(({ key }) => key ?? []),
      { place: bundle.place },
    )
    const second = memoryStore()
    expect(await importCache(second, bundle.place)).toMatchObject({ refused: [] })
    expect(await importCache(second, bundle.place)).toMatchObject({ imported: 0, refused: [] })
    await exportCache(second, (await second.recordKeys('step')) as Digest[], { place: again.place })
    expect([...again.manifests.keys()].sort()).toEqual([...bundle.manifests.keys()].sort())
    const third = memoryStore()
    await importCache(third, again.place)
    for (const store of [second, third]) expect(await on(store, OTHER)).toMatchObject({ runs: [HIT, HIT], digest: await clean(OTHER) })
  })

  it('say elsewhere too why they do not fit', async () => {
    const { place } = await filled()
    const files = { ...FILES, 'app/src/main': 'changed' }
    const there = await on(memoryStore(), files, { cacheFrom: [{ place }] })
    expect(there).toMatchObject({ runs: [HIT, '`/app/src/main`, which it read, changed'], digest: await clean(files) })
    const bundled = memoryStore()
    await importCache(bundled, place)
    expect((await on(bundled, files)).runs).toEqual(there.runs)
  })

  it('go on to the next place from a machine that has only found them', async () => {
    const [{ place }, next] = [await filled(), memoryPlace()]
    await on(memoryStore(), OTHER, { cacheFrom: [{ place }], cacheTo: [{ place: next.place, mode: 'max' }] })
    const files = { ...FILES, 'app/src/other': 'a third' }
    expect(await on(memoryStore(), files, { cacheFrom: [{ place: next.place }] })).toMatchObject({
      runs: [HIT, HIT],
      digest: await clean(files),
    })
  })

  it('of several builders lie side by side under one RUN', async () => {
    const shared = memoryPlace()
    const Dockerfile = `${BASE_STAGE}FROM base\nCOPY app/ .\nRUN if [ -f a ]; then cat b; else cat c; fi > out\n`
    const one = { ...SHELL_BASE, Dockerfile, 'app/a': '', 'app/b': 'b', 'app/c': 'c' }
    const two = { ...SHELL_BASE, Dockerfile, 'app/b': 'b', 'app/c': 'c' }
    for (const files of [one, two]) await on(memoryStore(), files, { cacheTo: [{ place: shared.place }] })
    expect(tracesIn(shared)).toHaveLength(1)
    for (const [files, name] of [
      [one, 'app/c'],
      [two, 'app/b'],
    ] as const) {
      const edited = { ...files, [name]: 'changed' }
      const there = await on(memoryStore(), edited, { cacheFrom: [{ place: shared.place }] })
      expect(there).toMatchObject({ runs: [HIT], digest: await clean(edited) })
    }
  })

  it('are asked for by traced builds alone', async () => {
    const { place } = await filled()
    const asked: string[] = []
    const watched: CachePlace = {
      ...place,
      manifest(tag) {
        asked.push(tag)
        return place.manifest(tag)
      },
    }
    await on(memoryStore(), OTHER, { cacheFrom: [{ place: watched }], cache: { strength: 'content' } })
    expect(asked.filter((tag) => tag.startsWith('trace-'))).toEqual([])
  })
})

describe('traces that can not be believed', () => {
  it('are not taken of a producer that is not wanted', async () => {
    const { place } = await filled({ producer: 'ci' })
    const there = await on(memoryStore(), OTHER, { cacheFrom: [{ place, producers: ['release'] }] })
    expect(there.runs).toEqual(['first time', 'first time'])
    expect(there.refused.some((message) => message.includes('"ci"'))).toBe(true)
    expect((await importCache(memoryStore(), place, { producers: ['release'] })).imported).toBe(0)
    expect((await on(memoryStore(), OTHER, { cacheFrom: [{ place, producers: ['release', 'ci'] }] })).runs).toEqual([HIT, HIT])
  })

  interface Manifest {
    artifactType: string
    layers: (Descriptor & { annotations: Record<string, string> })[]
  }
  const LAST = 'dev.layerwright.cache.last'
  const trace = ({ layers }: Manifest, changed: object) => ({ layers: [{ ...layers[0]!, ...changed }] })

  it.each<[string, (manifest: Manifest) => object]>([
    ['is no manifest of traces', () => ({ artifactType: 'application/vnd.layerwright.cache.step.v1+json' })],
    ['has no trace', () => ({ layers: [] })],
    ['has too many', ({ layers }) => ({ layers: Array.from({ length: 1000 }, () => layers[0]) })],
    ['does not say who made one', (manifest) => trace(manifest, { annotations: { [LAST]: sha256('x') } })],
    ['names looks of another size', (manifest) => trace(manifest, { size: 7 })],
    ['names looks that are too large', (manifest) => trace(manifest, { size: 2 ** 40 })],
    ['names looks that are not there', (manifest) => trace(manifest, { digest: sha256('gone') })],
    ['has a trace of another type', (manifest) => trace(manifest, { mediaType: 'text/plain' })],
  ])('are refused where their manifest %s', async (_, change) => {
    const shared = await filled()
    for (const tag of tracesIn(shared)) {
      const manifest = json(shared.manifests.get(tag))
      shared.manifests.set(tag, bytesOf({ ...manifest, ...change(manifest) }))
    }
    const there = await on(memoryStore(), OTHER, { cacheFrom: [{ place: shared.place }] })
    expect(there.digest).toBe(await clean(OTHER))
    expect(there.runs).toEqual(['first time', 'first time'])
    expect(there.refused).toHaveLength(2)
    const { refused } = await importCache(memoryStore(), shared.place)
    expect(refused.map(({ code }) => code)).toEqual(['CACHE_ENTRY_REFUSED', 'CACHE_ENTRY_REFUSED'])
  })

  it.each<[string, unknown]>([
    ['another version', { version: 2, looks: [], env: [] }],
    ['a look of no kind', { version: 1, looks: [['taste', '/a']], env: [] }],
    ['a path that is none', { version: 1, looks: [['read', 'a']], env: [] }],
    ['no list', { version: 1, looks: {}, env: [] }],
    ['variables that are none', { version: 1, looks: [], env: [1] }],
  ])('are refused where their looks have %s', async (_, looks) => {
    const shared = await filled()
    const bytes = bytesOf(looks)
    shared.blobs.set(sha256(bytes), bytes)
    for (const tag of tracesIn(shared)) {
      const manifest = json(shared.manifests.get(tag))
      shared.manifests.set(tag, bytesOf({ ...manifest, ...trace(manifest, { digest: sha256(bytes), size: bytes.length }) }))
    }
    const there = await on(memoryStore(), OTHER, { cacheFrom: [{ place: shared.place }] })
    expect([there.digest, there.refused.length]).toEqual([await clean(OTHER), 2])
    expect((await importCache(memoryStore(), shared.place)).refused).toHaveLength(2)
  })

  it('lead to nothing where they are those of another RUN', async () => {
    const shared = await filled()
    const [one, two] = tracesIn(shared) as [string, string]
    const [first, second] = [shared.manifests.get(one)!, shared.manifests.get(two)!]
    shared.manifests.set(one, second).set(two, first)
    const there = await on(memoryStore(), OTHER, { cacheFrom: [{ place: shared.place }] })
    expect([there.digest, there.result.steps.filter(({ outcome }) => outcome === 'ran').length]).toEqual([await clean(OTHER), 3])
    const { refused } = await importCache(memoryStore(), shared.place)
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringMatching(/no result of its RUN/),
      expect.stringMatching(/no result/),
    ])
  })
})

// Whatever one byte of a cache is changed to: the image is the one that a build without it gives.
fuzz(
  'a byte of a cache that was changed makes a miss or a refusal, never another image',
  fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (which, where, bits, bundled) => {
    const [{ place, manifests, blobs }, expected] = await filledOnce()
    const all = [...[...manifests].map((one) => [manifests, ...one] as const), ...[...blobs].map((one) => [blobs, ...one] as const)]
    const [map, name, bytes] = all[which % all.length]!
    const spoilt = bytes.slice()
    spoilt[where % bytes.length]! ^= bits
    map.set(name, spoilt)
    try {
      const store = memoryStore()
      if (bundled) await importCache(store, place)
      const there = await on(store, OTHER, bundled ? {} : { cacheFrom: [{ place }] })
      expect(there.digest).toBe(expected)
      // What it has left does no harm either.
      expect((await on(store, OTHER)).digest).toBe(expected)
    } finally {
      map.set(name, bytes)
    }
  }),
  { share: 0.005, few: 30 },
)

let once: Promise<readonly [ReturnType<typeof memoryPlace>, Digest]> | undefined
function filledOnce() {
  once ??= Promise.all([filled(), clean(OTHER)])
  return once
}
