/** What a store costs that has seen much: looking something up, and deciding what has to go. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCacheEntries, STEP_KIND, type StepRecord } from '@layerwright/build'
import { LAYER_INDEX_KIND } from '@layerwright/layer'
import { collectGarbage, type EvictionPlan, type MaintainedStore } from '@layerwright/store'
import { openStore } from '@layerwright/store/node'
import { type MeasureOptions, measurePair } from '../../measure.js'
import type { BenchRow } from '../../report.js'
import { ResultsDifferError } from '../errors.js'

/** Bytes that a layer of the made-up store is said to have: 10,000 of them are 10 GB. */
const LAYER_BYTES = 1_000_000

export interface StoreBenchOptions extends MeasureOptions {
  /** Step results in the large store, and in the small one. */
  readonly records?: number
  readonly few?: number
}

/** @throws ResultsDifferError */
export async function benchStore(options: StoreBenchOptions = {}): Promise<BenchRow[]> {
  const { records = 10_000, few = 100 } = options
  const base = mkdtempSync(join(tmpdir(), 'layerwright-store-bench-'))
  try {
    const [large, small] = [await filled(join(base, 'large'), records), await filled(join(base, 'small'), few)]
    const lookUp =
      ({ store, keys }: Filled) =>
      async () => {
        for (let i = 0; i < few; i++) {
          const record = await store.record(STEP_KIND, keys[(i * 7919) % keys.length]!)
          const { diffId } = JSON.parse(new TextDecoder().decode(record)) as StepRecord
          if (!(await store.blob(diffId))) throw new ResultsDifferError('a layer that was put is not there')
        }
      }
    const sized = withSizes(large.store)
    let plan: EvictionPlan | undefined
    const collect = async () => {
      const policy = { maxBytes: (records * LAYER_BYTES) / 2 }
      plan = await collectGarbage(sized, { owners: [buildCacheEntries], pinned: async () => new Set(), policy, dryRun: true })
    }
    const collection = await measurePair(collect, () => walk(large.store.dir), { ...options, rounds: options.rounds ?? 5, warmUp: 1 })
    const gone = plan!.blobs.length
    if (gone < records / 2 || gone > records * 0.6) throw new ResultsDifferError(`${gone} of ${records} layers go for half of their bytes`)
    const found = await measurePair(lookUp(large), lookUp(small), options)
    for (const { store } of [large, small]) store.close()
    const bytes = `${((records * LAYER_BYTES) / 1e9).toFixed(0)} GB`
    return [
      { name: `${few} look-ups among ${records} results`, against: `among ${few}`, measured: found, goal: 1.3 },
      {
        name: `what goes of a store of ${bytes}`,
        against: 'a bare walk over its files',
        measured: collection,
        detail: `${records} results, ${3 * records} files; ${gone} layers would go`,
      },
    ]
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

type Filled = Awaited<ReturnType<typeof filled>>

/** A store with as many results as many builds leave: each with its record, its layer and the layer's index. Layers are small: their sizes are made up later. */
async function filled(dir: string, records: number) {
  const store = await openStore(dir, { fsync: false })
  const keys: string[] = []
  for (let i = 0; i < records; i++) {
    const writer = store.writer()
    writer.write(new TextEncoder().encode(`layer ${i}`))
    const { digest } = await writer.commit()
    const inputs: StepRecord['inputs'] = [
      ['instruction', JSON.stringify(['run', `step ${i}`])],
      ['root', digest],
      ['env', JSON.stringify({ PATH: '/usr/bin', N: String(i) })],
    ]
    const record: StepRecord = {
      version: 1,
      inputs,
      diffId: digest,
      size: LAYER_BYTES,
      entries: 10,
      root: digest,
      simulated: false,
      madeAt: 0,
      stage: 'build',
      instruction: `RUN step ${i}`,
    }
    await store.putRecord(STEP_KIND, digest, new TextEncoder().encode(JSON.stringify(record)))
    await store.putRecord(LAYER_INDEX_KIND, digest, new Uint8Array(1000))
    keys.push(digest)
  }
  return { store, keys }
}

/** The store with layers as large as their results say. */
function withSizes(store: MaintainedStore): MaintainedStore {
  return {
    ...store,
    async *blobs() {
      for await (const blob of store.blobs()) yield { ...blob, disk: LAYER_BYTES }
    },
    async usage() {
      const usage = await store.usage()
      let blobs = 0
      for await (const _ of store.blobs()) blobs += LAYER_BYTES
      return { ...usage, blobs, total: usage.total - usage.blobs + blobs }
    },
  }
}

function walk(path: string): number {
  let bytes = 0
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    bytes += lstatSync(child).size
    if (entry.isDirectory()) bytes += walk(child)
  }
  return bytes
}
