import { cachedLayers, clearCache } from '@layerwright/build'
import { imageBlobs, listImages, removeImage } from '@layerwright/image'
import { openUserEngine } from '../engine.js'
import { humanBytes, printJson, table } from '../output.js'
import type { CommandLike, GlobalOptions } from '../store.js'

/** `layerwright system df`: what is in the store, and how much of it nothing needs. */
export async function systemDfCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean }
  const { engine, store } = await openUserEngine(flags)
  const [images, containers, volumes] = [await listImages(store), await engine.containers.list(), await engine.volumes.list()]
  const [ofImages, ofContainers, ofCache] = [await imageBlobs(store), await engine.reachable(), await cachedLayers(store)]
  const bytes = { images: 0, containers: 0, cache: 0, unused: 0 }
  for await (const { digest, size } of store.blobs()) {
    if (ofImages.has(digest)) bytes.images += size
    else if (ofContainers.has(digest)) bytes.containers += size
    else if (ofCache.has(digest)) bytes.cache += size
    else bytes.unused += size
  }
  const rows = [
    { type: 'images', count: images.length, bytes: bytes.images },
    { type: 'containers and volumes', count: containers.length + volumes.length, bytes: bytes.containers },
    { type: 'build cache', count: ofCache.size, bytes: bytes.cache },
    { type: 'unused', count: 0, bytes: bytes.unused },
  ]
  if (flags.json) return printJson(rows)
  console.log(
    table(
      ['TYPE', 'COUNT', 'SIZE'],
      rows.map((row) => [row.type, String(row.count), humanBytes(row.bytes)]),
      ['left', 'right', 'right'],
    ),
  )
}

/**
 * `layerwright system prune`: removes stopped containers, images without a name, and all blobs that nothing needs; with `--all` the build cache too, with
 * `--volumes` the anonymous volumes.
 */
export async function systemPruneCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { all?: boolean; volumes?: boolean }
  const { engine, store } = await openUserEngine(flags)
  const before = Date.now()
  for (const { id, status } of await engine.containers.list()) {
    if (status !== 'running') await (await engine.containers.get(id)).remove()
  }
  if (flags.volumes) await engine.volumes.prune()
  const used = new Set(
    await Promise.all((await engine.containers.list()).map(async ({ id }) => (await (await engine.containers.get(id)).inspect()).Image)),
  )
  for (const { digest, refs } of await listImages(store)) if (refs.length === 0 && !used.has(digest)) await removeImage(store, digest)
  if (flags.all) await clearCache(store)
  const reachable = new Set([...(await imageBlobs(store)), ...(await engine.reachable()), ...(await cachedLayers(store))])
  const { removed, bytes } = await store.collect(reachable, { before })
  console.log(`Removed ${removed} ${removed === 1 ? 'blob' : 'blobs'}, ${humanBytes(bytes)}`)
}
