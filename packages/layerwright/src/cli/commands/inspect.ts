import { findImage, listImages, type StoredImage } from '@layerwright/image'
import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { inspectPrinter } from '../format.js'
import { familiar } from '../names.js'
import type { CommandLike, GlobalOptions } from '../store.js'

const describeImage = (image: StoredImage) => ({
  Id: image.digest,
  Created: image.config.created,
  Os: image.config.os,
  Architecture: image.config.architecture,
  Variant: image.config.variant,
  Author: image.config.author,
  Config: image.config.config,
  RootFS: { Type: 'layers', Layers: image.config.rootfs.diff_ids },
  Layers: image.unpacked.map(({ diffId, index }) => ({ DiffID: diffId, Entries: index.entries, Size: index.size })),
  Manifest: image.manifest,
})

/** Not there under this name: the next kind of thing is tried. */
const orNone = <T>(found: Promise<T>): Promise<T | undefined> =>
  found.catch((error: { code?: string }) => {
    if (['NO_SUCH_CONTAINER', 'NO_SUCH_VOLUME', 'INVALID_REFERENCE', 'INVALID_CONTAINER_NAME'].includes(error.code ?? '')) return undefined
    throw error
  })

const TYPES = ['container', 'image', 'volume'] as const
type Engine = Awaited<ReturnType<typeof openUserEngine>>

/** By kind: what `inspect` shows of one, or undefined where there is none of that name. */
const FIND: Readonly<Record<(typeof TYPES)[number], (opened: Engine, name: string) => Promise<unknown>>> = {
  container: async ({ engine }, name) => (await orNone(engine.containers.get(name)))?.inspect(),
  async image({ store }, name) {
    const image = await orNone(findImage(store, name))
    if (!image) return undefined
    const refs = (await listImages(store)).find(({ digest }) => digest === image.digest)?.refs ?? []
    return { ...describeImage(image), RepoTags: refs.map(familiar) }
  },
  async volume({ engine }, name) {
    const volume = await orNone(engine.volumes.inspect(name))
    return volume && { ...volume, labels: Object.fromEntries(volume.labels), options: Object.fromEntries(volume.options) }
  },
}

/** `layerwright inspect NAME…`: a container, else an image, else a volume of that name. */
export async function inspectCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { format?: string; type?: (typeof TYPES)[number] }
  const print = inspectPrinter(flags.format)
  const opened = await openUserEngine(flags)
  const found: unknown[] = []
  const status = await each(names, async (name) => {
    for (const type of flags.type ? [flags.type] : TYPES) {
      const one = await FIND[type](opened, name)
      if (one !== undefined) return void found.push(one)
    }
    throw Object.assign(new Error(`No such ${flags.type ?? 'object'}: ${name}`), {
      code: 'NO_SUCH_OBJECT',
      hint: 'see what there is with: layerwright images, ps --all, volume ls',
    })
  })
  return print(found) || status
}

/** `layerwright image inspect IMAGE…` */
export const inspectImageCommand = (names: readonly string[], flags: unknown, command: CommandLike): Promise<number> =>
  inspectCommand(names, flags, { optsWithGlobals: () => ({ ...(command.optsWithGlobals() as object), type: 'image' }) })

/** `layerwright container inspect CONTAINER…` */
export const inspectContainerCommand = (names: readonly string[], flags: unknown, command: CommandLike): Promise<number> =>
  inspectCommand(names, flags, { optsWithGlobals: () => ({ ...(command.optsWithGlobals() as object), type: 'container' }) })
