import { type BuildOptions, type CachePlace, exportCache, importCache } from '@layerwright/build'
import { type Digest, sha256 } from '@layerwright/digest'
import { type Descriptor, makeImage } from '@layerwright/image'
import { memoryStore, type Store } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { memoryPlace } from './shared-place.js'
import { buildFiles } from './support.js'

const FILES = {
  Dockerfile: 'FROM scratch AS deps\nCOPY lock /lock\nCOPY big /big\nFROM scratch\nCOPY own /own\nWORKDIR /srv\nCOPY other /srv/\n',
  lock: 'lock',
  big: 'b'.repeat(50_000),
  own: 'own',
  other: 'other',
}

const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** A build on a machine that has nothing, and what it said. */
async function onCleanMachine(options: Partial<BuildOptions>, files: Record<string, string> = FILES, store: Store = memoryStore()) {
  const notices: string[] = []
  const result = await buildFiles(files, {
    store,
    ...options,
    onEvent: (event) => void (event.type === 'notice' && event.code !== 'SIMULATED_RUN' && notices.push(event.code)),
  })
  return { result, notices, digest: result.image.digest, outcomes: result.steps.map(({ outcome }) => outcome) }
}
const expected = async (files: Record<string, string> = FILES) => (await buildFiles(files)).image.digest

/** A place with a build in it. */
async function filled(mode: 'min' | 'max' = 'max') {
  const shared = memoryPlace()
  const { result } = await onCleanMachine({ cacheTo: [{ place: shared.place, mode }] })
  shared.asked.manifests = 0
  return { ...shared, result }
}

describe('a shared cache', () => {
  it('gives all steps to a machine that has nothing, any number of times', async () => {
    const { place } = await filled()
    for (let i = 0; i < 3; i++) {
      const store = memoryStore()
      const first = await onCleanMachine({ cacheFrom: [{ place }] }, FILES, store)
      expect(first).toMatchObject({ outcomes: ['cached', 'cached', 'cached'], digest: await expected(), notices: [] })
      // What came stays: the next build needs nobody.
      const { outcomes } = await onCleanMachine({}, FILES, store)
      expect(outcomes).toEqual(['cached', 'cached', 'cached'])
    }
  })
  it('asks once for each step, and brings only the layers that are needed', async () => {
    const { place, asked } = await filled()
    const files = { ...FILES, other: 'changed' }
    const { result } = await onCleanMachine({ cacheFrom: [{ place }] }, files)
    expect(result.steps.map(({ outcome }) => outcome)).toEqual(['cached', 'cached', 'ran'])
    expect(asked.manifests).toBe(3)
    expect(result.shared).toMatchObject({ hits: 2, layers: 2 })
    expect(result.image.digest).toBe(await expected(files))
  })
  it('brings each layer once', async () => {
    const files = { ...FILES, Dockerfile: 'FROM scratch\nCOPY big /big\nCOPY own /own\n' }
    const shared = memoryPlace()
    await onCleanMachine({ cacheTo: [{ place: shared.place }] }, files)
    const store = memoryStore()
    const { result } = await onCleanMachine({ cacheFrom: [{ place: shared.place }] }, files, store)
    expect(result.shared).toEqual({ hits: 2, layers: 2, bytes: expect.any(Number), put: 0, present: 0 })
    // All of it is here now: nobody is asked.
    shared.asked.manifests = 0
    await onCleanMachine({ cacheFrom: [{ place: shared.place }] }, files, store)
    expect(shared.asked.manifests).toBe(0)
  })
  it('takes the steps of the images with min, those of all stages with max', async () => {
    const files = { ...FILES, Dockerfile: 'FROM scratch AS deps\nCOPY lock big /in/\nFROM scratch\nCOPY --from=deps /in/lock /lock\n' }
    const counts = await Promise.all(
      (['min', 'max'] as const).map(async (mode) => {
        const shared = memoryPlace()
        await onCleanMachine({ cacheTo: [{ place: shared.place, mode }] }, files)
        return shared.manifests.size
      }),
    )
    expect(counts).toEqual([1, 2])
  })
  it('puts what is not there yet, and only that', async () => {
    const shared = memoryPlace()
    const to = { cacheTo: [{ place: shared.place }] }
    expect((await onCleanMachine(to)).result.shared).toMatchObject({ put: 3, present: 0 })
    expect((await onCleanMachine(to, { ...FILES, other: 'x' })).result.shared).toMatchObject({ put: 1, present: 2 })
    expect((await onCleanMachine({ ...to, cacheFrom: [{ place: shared.place }] })).result.shared).toMatchObject({
      put: 0,
      present: 3,
      hits: 3,
    })
  })
  it('loses nothing when several builders put at once', async () => {
    const shared = memoryPlace()
    const variants = Array.from({ length: 8 }, (_, i) => ({ ...FILES, other: `variant ${i}` }))
    await Promise.all(variants.map((files) => onCleanMachine({ cacheTo: [{ place: shared.place }] }, files)))
    for (const files of variants) {
      const { outcomes, digest } = await onCleanMachine({ cacheFrom: [{ place: shared.place }] }, files)
      expect([outcomes, digest]).toEqual([['cached', 'cached', 'cached'], await expected(files)])
    }
  })
  it('looks into several places in turn', async () => {
    const [one, two] = [memoryPlace(), await filled()]
    const { outcomes } = await onCleanMachine({ cacheFrom: [{ place: one.place }, { place: two.place }] })
    expect(outcomes).toEqual(['cached', 'cached', 'cached'])
    expect(one.asked.manifests).toBe(3)
  })
})

describe('a cache that fails', () => {
  it('is a notice and a build without it when it can not be reached', async () => {
    const { place } = await filled()
    let asked = 0
    const dead: CachePlace = {
      ...place,
      async manifest() {
        asked++
        throw Object.assign(new Error('connection refused'), { code: 'REGISTRY_UNREACHABLE' })
      },
    }
    const made = await onCleanMachine({ cacheFrom: [{ place: dead }], cacheTo: [{ place: dead }] })
    expect(made).toMatchObject({
      outcomes: ['ran', 'ran', 'ran'],
      digest: await expected(),
      notices: ['CACHE_UNREACHABLE', 'CACHE_UNREACHABLE'],
    })
    // Asked once, not for every step; and once more on the way out.
    expect(asked).toBeLessThanOrEqual(1 + 4)
  })
  it('is done without from the moment at which its layers can not be had', async () => {
    const { place } = await filled()
    const dying: CachePlace = {
      ...place,
      blob: ({ size }) => ({
        size,
        async *stream() {
          if (size > 0) throw Object.assign(new Error('connection reset'), { code: 'REGISTRY_UNREACHABLE' })
          yield new Uint8Array(0)
        },
      }),
    }
    const made = await onCleanMachine({ cacheFrom: [{ place: dying }] })
    expect(made).toMatchObject({
      outcomes: ['ran', 'ran', 'ran'],
      digest: await expected(),
      notices: ['CACHE_UNREACHABLE', 'CACHE_REFUSED'],
    })
  })

  interface Manifest {
    annotations: Record<string, string>
    layers: Descriptor[]
  }
  const RECORD = 'dev.layerwright.cache.record'
  /** Changes the entry of the last step. */
  function changeLast({ manifests }: Awaited<ReturnType<typeof filled>>, change: (manifest: Manifest) => Partial<Manifest>) {
    const [tag, bytes] = [...manifests].find(([, one]) => JSON.parse(json(one).annotations[RECORD]).instruction.includes('other'))!
    const manifest = json(bytes)
    manifests.set(tag, bytesOf({ ...manifest, ...change(manifest) }))
  }
  const annotated = ({ annotations }: Manifest, text: string | undefined) => ({ annotations: { ...annotations, [RECORD]: text! } })
  const record = (manifest: Manifest, changed: object) =>
    annotated(manifest, JSON.stringify({ ...JSON.parse(manifest.annotations[RECORD]!), ...changed }))
  const layer = ({ layers }: Manifest, changed: object) => ({ layers: [{ ...layers[0]!, ...changed }] })

  it.each<[string, (manifest: Manifest) => Partial<Manifest>]>([
    ['other inputs than its key', (manifest) => record(manifest, { inputs: [['instruction', 'forged']] })],
    ['another layer than its record', (manifest) => record(manifest, { diffId: sha256('other') })],
    ['another size than its record', (manifest) => record(manifest, { size: 7 })],
    ['a record of another version', (manifest) => record(manifest, { version: 99 })],
    ['a record that is no object', (manifest) => annotated(manifest, '[]')],
    ['no record', (manifest) => annotated(manifest, undefined)],
    ['no layer', () => ({ layers: [] })],
    ['a layer that is not there', (manifest) => layer(manifest, { digest: sha256('gone') })],
    ['a layer of another media type', (manifest) => layer(manifest, { mediaType: 'text/plain' })],
  ])('is refused where an entry has %s', async (_, change) => {
    const shared = await filled()
    changeLast(shared, change)
    const made = await onCleanMachine({ cacheFrom: [{ place: shared.place }] })
    expect(made).toMatchObject({ outcomes: ['cached', 'cached', 'ran'], digest: await expected(), notices: ['CACHE_REFUSED'] })
  })
  it('is refused where the bytes of a layer are other ones', async () => {
    const shared = await filled()
    changeLast(shared, ({ layers }) => {
      const bytes = shared.blobs.get(layers[0]!.digest)!.slice()
      bytes[600]! ^= 1
      shared.blobs.set(layers[0]!.digest, bytes)
      return {}
    })
    const made = await onCleanMachine({ cacheFrom: [{ place: shared.place }] })
    expect(made).toMatchObject({ outcomes: ['cached', 'cached', 'ran'], digest: await expected(), notices: ['CACHE_REFUSED'] })
  })
  it('is refused where somebody else has made it', async () => {
    const { place } = await filled()
    expect((await onCleanMachine({ cacheFrom: [{ place, producers: ['release'] }] })).outcomes).toEqual(['ran', 'ran', 'ran'])
    expect((await onCleanMachine({ cacheFrom: [{ place, producers: ['release', 'layerwright'] }] })).outcomes).toEqual([
      'cached',
      'cached',
      'cached',
    ])
  })
})

describe('an image with an inline cache', () => {
  it('is a cache of its own layers, and has one digest whoever builds it', async () => {
    const [{ result }, again] = [await onCleanMachine({ inlineCache: true }), await onCleanMachine({ inlineCache: true })]
    expect(again.digest).toBe(result.image.digest)
    const { place, manifests, blobs } = memoryPlace()
    manifests.set('latest', result.image.manifestBytes)
    for (const { diffId, content } of result.image.layers) {
      const parts: number[] = []
      for await (const chunk of content.stream()) parts.push(...chunk)
      blobs.set(diffId, Uint8Array.from(parts))
    }
    const made = await onCleanMachine({ inlineCache: true, cacheFrom: [{ place, image: 'latest' }] })
    expect(made).toMatchObject({ outcomes: ['cached', 'cached', 'cached'], digest: result.image.digest, notices: [] })
  })
  it('is needed: an image that says nothing is no cache, whatever its layers are (S32)', async () => {
    const { result } = await onCleanMachine({})
    const { place, manifests } = memoryPlace()
    manifests.set('latest', result.image.manifestBytes)
    expect((await onCleanMachine({ cacheFrom: [{ place, image: 'latest' }] })).outcomes).toEqual(['ran', 'ran', 'ran'])
    const forged = makeImage({
      config: result.image.config,
      layers: result.image.unpacked,
      annotations: {
        'dev.layerwright.cache.inline': JSON.stringify({
          version: 1,
          producer: 'layerwright',
          steps: [{ key: sha256('x'), at: 0, record: {} }],
        }),
      },
    })
    manifests.set('latest', forged.manifestBytes)
    expect(await onCleanMachine({ cacheFrom: [{ place, image: 'latest' }] })).toMatchObject({
      outcomes: ['ran', 'ran', 'ran'],
      notices: ['CACHE_REFUSED'],
    })
  })
})

describe('a bundle', () => {
  it('makes all steps hits on another machine, any number of times', async () => {
    const [here, shared] = [memoryStore(), memoryPlace()]
    const { result } = await onCleanMachine({}, FILES, here)
    const keys = result.steps.flatMap(({ key }) => key ?? []) as Digest[]
    expect(await exportCache(here, keys, { place: shared.place })).toEqual({ put: 3, present: 0 })
    const there = memoryStore()
    expect(await importCache(there, shared.place)).toEqual({ imported: 3, present: 0, refused: [] })
    expect(await importCache(there, shared.place)).toEqual({ imported: 0, present: 3, refused: [] })
    for (let i = 0; i < 2; i++)
      expect(await onCleanMachine({}, FILES, there)).toMatchObject({
        outcomes: ['cached', 'cached', 'cached'],
        digest: result.image.digest,
      })
  })
  it('is refused entry by entry, and says why', async () => {
    const { place, manifests } = await filled()
    const [tag, bytes] = [...manifests][0]!
    manifests.set([...manifests.keys()][1]!, bytes)
    manifests.set('something-else', bytes)
    const { imported, refused } = await importCache(memoryStore(), place)
    expect([imported, refused.map(({ code }) => code)]).toEqual([2, ['CACHE_ENTRY_REFUSED']])
    expect(refused[0]?.message).toMatch(/its inputs do not give its key/)
    expect(tag).toMatch(/^step-[0-9a-f]{64}$/)
    expect((await importCache(memoryStore(), place, { producers: [] })).refused).toHaveLength(3)
  })
})
