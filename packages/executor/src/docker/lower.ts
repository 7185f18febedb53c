/**
 * The tree that a command starts from, as an image of the engine: the layers as they are, and one more of what the overlay has changed. The engine
 * keeps layers by diffID, so what it has is not sent again.
 */
import { sha256 } from '@layerwright/digest'
import type { Layer } from '@layerwright/layer'
import { fileInode, type LayerChange, memoryContent, upperChanges } from '@layerwright/vfs'
import type Docker from 'dockerode'
import { ExecutorError } from '../errors.js'
import type { ExecRequest } from '../types.js'
import type { Engine } from './gate.js'
import type { Spool, Spooled } from './spool.js'

/** Images that are ours carry it: they can be found, and be removed. */
const LABEL = 'io.layerwright.lower'
const REPOSITORY = 'layerwright-lower'

/** Images that stay in the engine for the next commands: a build has a few stages, and each is a chain of them. */
const KEPT = 20

/** Layers of the tree, and its image in the engine. */
export interface LowerImage {
  readonly name: string
  readonly layers: number
}

interface Part {
  readonly diffId: string
  readonly blob: Layer['blob']
}

/** @throws ExecutorError ENGINE_FAILED where the engine does not take it */
export async function lowerImage(engine: Engine, { overlay, lower }: ExecRequest, spool: Spool): Promise<LowerImage> {
  const changes = upperChanges(lower.snapshot, overlay.freeze())
  const parts: Part[] = lower.layers.map(({ diffId, blob }) => ({ diffId, blob }))
  // an image without a layer cannot be loaded
  if (changes.length > 0 || parts.length === 0) {
    const { diffId, content } = await spool.write(changes)
    parts.push({ diffId, blob: content as Layer['blob'] })
  }
  const name = nameOf(parts)
  if (await hasImage(engine.docker, name)) return { name, layers: parts.length }
  const known = await longestKnown(engine.docker, parts)
  try {
    await load(engine, parts, known, name, spool)
  } catch (error) {
    // An engine with another store of images may want all of the layers.
    if (known === 0) throw error
    await load(engine, parts, 0, name, spool)
  }
  return { name, layers: parts.length }
}

/** Removes the images of ours that were used longest ago. */
export async function forgetOldLowers({ docker }: Engine): Promise<void> {
  const images = await docker.listImages({ filters: { label: [LABEL] } })
  if (images.length <= KEPT) return
  const used = await Promise.all(
    images.map(async ({ Id, RepoTags }) => {
      const { Metadata } = (await docker.getImage(Id).inspect()) as { Metadata?: { LastTagTime?: string } }
      return { names: RepoTags ?? [], time: Date.parse(Metadata?.LastTagTime ?? '') || 0 }
    }),
  )
  for (const { names } of used.sort((a, b) => b.time - a.time).slice(KEPT)) {
    // A container of another process may stand on it: then it stays.
    for (const name of names) await docker.getImage(name).remove().catch(ignoreInUse)
  }
}

function ignoreInUse(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error
}

function nameOf(parts: readonly Part[]): string {
  const chain = new TextEncoder().encode(parts.map(({ diffId }) => diffId).join('\n'))
  return `${REPOSITORY}:${sha256(chain).slice('sha256:'.length, 'sha256:'.length + 40)}`
}

async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect()
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false
    throw error
  }
}

/** How many of the lowest layers the engine has as an image of ours. */
async function longestKnown(docker: Docker, parts: readonly Part[]): Promise<number> {
  for (let count = parts.length - 1; count > 0; count--) {
    if (await hasImage(docker, nameOf(parts.slice(0, count)))) return count
  }
  return 0
}

/** A docker-archive without the files of the first `known` layers. */
async function load({ docker, architecture }: Engine, parts: readonly Part[], known: number, name: string, spool: Spool): Promise<void> {
  const config = {
    architecture,
    os: 'linux',
    config: { Labels: { [LABEL]: '1' } },
    rootfs: { type: 'layers', diff_ids: parts.map(({ diffId }) => diffId) },
    history: parts.map(() => ({ created_by: 'layerwright' })),
  }
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: parts.map((_, index) => `${index}/layer.tar`) }]
  const files: LayerChange[] = [
    ...[...parts.entries()].slice(known).map(([index, { blob }]) => ({ path: `${index}/layer.tar`, inode: fileInode(blob) })),
    { path: 'config.json', inode: json(config) },
    { path: 'manifest.json', inode: json(manifest) },
  ]
  await finished(docker, await docker.loadImage((await spool.write(files)).stream(), { quiet: true }))
}

const json = (value: unknown) => fileInode(memoryContent(new TextEncoder().encode(JSON.stringify(value))))

/** Reads the engine's progress to its end; it tells failures there. @throws ExecutorError ENGINE_FAILED */
async function finished(docker: Docker, progress: NodeJS.ReadableStream): Promise<void> {
  const lines = await new Promise<{ error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(progress, (error, all) => (error ? reject(error) : resolve(all)))
  }).catch((cause: Error) => {
    throw new ExecutorError('ENGINE_FAILED', `the engine did not take the image of the tree: ${cause.message}`, { cause })
  })
  const fault = lines.find(({ error }) => error !== undefined)?.error
  if (fault !== undefined) throw new ExecutorError('ENGINE_FAILED', `the engine did not take the image of the tree: ${fault}`)
}

/** The layer that a container has above its image, or undefined where it changed nothing. */
export async function topLayer({ docker }: Engine, container: Docker.Container, below: number, spool: Spool): Promise<Spooled | undefined> {
  const { Id } = (await container.commit({ pause: false })) as { Id: string }
  const image = docker.getImage(Id)
  try {
    const { RootFS } = await image.inspect()
    const ids: readonly string[] = RootFS.Layers ?? []
    return ids.length > below ? await spool.receive(await image.get()) : undefined
  } finally {
    await image.remove({ force: true })
  }
}
