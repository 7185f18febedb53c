import { findImage, type StoredImage } from '@layerwright/image'
import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { printJson } from '../output.js'
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

/** `layerwright inspect NAME…`: a container, else an image, else a volume of that name. */
export async function inspectCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const { engine, store } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  const found: unknown[] = []
  const status = await each(names, async (name) => {
    const container = await orNone(engine.containers.get(name))
    const image = container ? undefined : await orNone(findImage(store, name))
    const volume = container || image ? undefined : await orNone(engine.volumes.inspect(name))
    if (container) found.push(await container.inspect())
    else if (image) found.push(describeImage(image))
    else if (volume) found.push({ ...volume, labels: Object.fromEntries(volume.labels), options: Object.fromEntries(volume.options) })
    else
      throw Object.assign(new Error(`No such object: ${name}`), {
        code: 'NO_SUCH_OBJECT',
        hint: 'see what there is with: layerwright images, ps --all, volume ls',
      })
  })
  printJson(found)
  return status
}
