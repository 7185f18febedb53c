import { buildCacheEntries } from '@layerwright/build'
import { imageCacheEntries, listImages } from '@layerwright/image'
import { type CacheEntry, type EvictionPlan, keepPolicy, type StoredBlob } from '@layerwright/store'
import { collectStore } from '../../collect.js'
import { pruneSandbox, sharedVolumes } from '../../sandbox-layers.js'
import { openUserEngine } from '../engine.js'
import { printJson, table } from '../output.js'
import { type PolicyFlags, readPolicy } from '../policy-flags.js'
import type { CommandLike, GlobalOptions } from '../store.js'
import { humanBytes, shortDigest } from '../words.js'

interface Row {
  readonly type: string
  readonly count: number
  /** Bytes on the disk. */
  readonly bytes: number
}

/** `layerwright system df`: what the store takes on the disk, block for block, and for what. */
export async function systemDfCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean }
  const { engine, store } = await openUserEngine(flags)
  const [images, containers, volumes] = [await listImages(store), await engine.containers.list(), await engine.volumes.list()]
  const used = await engine.reachable()
  const ofImages = await imageCacheEntries(store, used)
  const cache: CacheEntry[] = []
  for await (const entry of buildCacheEntries(store)) cache.push(entry)
  const [imageBlobs, cacheBlobs] = [ofImages.entries, cache].map((entries) => new Set(entries.flatMap(({ blobs }) => blobs)))
  const bytes = { images: 0, containers: 0, cache: 0, unused: 0 }
  let unused = 0
  for await (const { digest, disk } of store.blobs()) {
    if (ofImages.pinned.has(digest) || imageBlobs!.has(digest)) bytes.images += disk
    else if (used.has(digest)) bytes.containers += disk
    else if (cacheBlobs!.has(digest)) bytes.cache += disk
    else {
      bytes.unused += disk
      unused++
    }
  }
  for (const { disk } of ofImages.entries) bytes.images += disk
  for (const { disk } of cache) bytes.cache += disk
  const { total } = await store.usage()
  const rows: Row[] = [
    { type: 'images', count: images.length, bytes: bytes.images },
    { type: 'containers and volumes', count: containers.length + volumes.length, bytes: bytes.containers },
    { type: 'build cache', count: cache.filter(({ stages, trace }) => stages && !trace).length, bytes: bytes.cache },
    { type: 'unused', count: unused, bytes: bytes.unused },
    { type: 'records and folders', count: 0, bytes: total - bytes.images - bytes.containers - bytes.cache - bytes.unused },
  ]
  const { before, after } = await collectStore(store, { dryRun: true })
  const maxBytes = (await keepPolicy(store))?.maxBytes
  const sandbox = await pruneSandbox({ dryRun: true })
  const shared = await sharedVolumes()
  const extracted = sandbox ? { layers: sandbox.removed + sandbox.left, bytes: sandbox.removedBytes + sandbox.leftBytes } : undefined
  if (flags.json)
    return printJson({
      rows,
      total,
      reclaimable: before - after,
      ...(extracted ? { sandbox: extracted } : {}),
      ...(shared ? { running: { volumes: shared.trees, bytes: shared.bytes } } : {}),
      ...(maxBytes === undefined ? {} : { cap: maxBytes }),
    })
  const lines = [...rows, { type: 'total', count: undefined, bytes: total }].map((row) => [
    row.type,
    String(row.count ?? ''),
    humanBytes(row.bytes),
  ])
  console.log(table(['TYPE', 'COUNT', 'SIZE'], lines, ['left', 'right', 'right']))
  console.log(`\n${humanBytes(before - after)} can be made again: layerwright system prune --all`)
  if (extracted && extracted.layers > 0)
    console.log(`Beside the store: ${extracted.layers} layers extracted for the sandbox, ${humanBytes(extracted.bytes)}`)
  if (shared && shared.trees > 0)
    console.log(`Beside the store: ${shared.trees} volumes that containers run on, ${humanBytes(shared.bytes)}`)
  if (maxBytes !== undefined) console.log(`The cap is ${humanBytes(maxBytes)}`)
}

/**
 * `layerwright system prune`: removes stopped containers, images without a name, and all that nothing refers to; with `--all`, `--cap` or a `--keep-…` the build cache too,
 * as far as these allow, with `--volumes` the anonymous volumes.
 */
export async function systemPruneCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions &
    PolicyFlags & { all?: boolean; volumes?: boolean; dryRun?: boolean; json?: boolean }
  const { engine, store } = await openUserEngine(flags)
  const policy = readPolicy(flags)
  const scope = flags.all || policy ? 'cache' : 'unnamed'
  const stopped = (await engine.containers.list()).filter(({ status }) => status !== 'running')
  const dryRun = flags.dryRun ?? false
  if (!dryRun) {
    for (const { id } of stopped) await (await engine.containers.get(id)).remove()
    if (flags.volumes) await engine.volumes.prune()
  }
  const without = new Set(stopped.map(({ id }) => id))
  const plan = await collectStore(store, { scope, dryRun, without, ...(policy ? { policy } : {}) })
  const sandbox = scope === 'cache' ? await pruneSandbox({ dryRun, maxBytes: policy?.maxBytes ?? 0 }) : undefined
  if (flags.json) return printJson({ ...asJson(plan, [...without]), ...(sandbox ? { sandbox } : {}) })
  if (dryRun) printPlan(plan, [...without])
  const count = plan.blobs.length
  console.log(`${dryRun ? 'Would remove' : 'Removed'} ${count} ${count === 1 ? 'blob' : 'blobs'}, ${humanBytes(plan.before - plan.after)}`)
  if (sandbox && sandbox.removed > 0)
    console.log(
      `${dryRun ? 'Would remove' : 'Removed'} ${sandbox.removed} layers extracted for the sandbox, ${humanBytes(sandbox.removedBytes)}`,
    )
  if (plan.over > 0) console.log(`${humanBytes(plan.over)} above the cap stay: named images, containers or running builds need them`)
}

function printPlan({ deleted, forgotten, blobs }: EvictionPlan, containers: readonly string[]): void {
  const size = new Map(blobs.map(({ digest, disk }) => [digest, disk]))
  for (const id of containers) console.log(`container ${id.slice(0, 12)}`)
  let small = 0
  for (const { kind, key, stages, blobs: needs, of } of [...forgotten, ...deleted]) {
    // What was derived goes along with what it was derived from; it says nothing to a reader.
    if (of) continue
    if (needs.length === 0) {
      small++
      continue
    }
    const bytes = needs.reduce((sum, digest) => sum + (size.get(digest) ?? 0), 0)
    console.log(`${kind} ${shortDigest(key)}${stages ? ` [${stages.join(', ')}]` : ''} ${humanBytes(bytes)}`)
  }
  if (small > 0) console.log(`${small} records without blobs`)
}

const asJson = ({ deleted, forgotten, blobs, before, after, over }: EvictionPlan, containers: readonly string[]) => ({
  containers,
  entries: [...deleted, ...forgotten].map(({ kind, key, usedMs, disk }) => ({ kind, key, usedMs, disk })),
  blobs: blobs.map(({ digest, disk }: StoredBlob) => ({ digest, disk })),
  before,
  after,
  over,
})
