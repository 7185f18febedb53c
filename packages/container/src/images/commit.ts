import type { Digest } from '@layerwright/digest'
import type { ImageRunConfig } from '@layerwright/dockerfile'
import { type ImageConfig, makeImage } from '@layerwright/image'
import { type Layer, storeLayer } from '@layerwright/layer'
import { type EngineContext, timestamp } from '../context.js'
import { lookInto } from '../lifecycle/look.js'
import type { ContainerConfig } from '../state/types.js'
import { applyConfigChanges } from './changes.js'
import { checkReference, keepImage } from './keep.js'

export interface CommitOptions {
  /** Name of the new image; it has none where this is absent. */
  readonly reference?: string
  /** Instructions of a Dockerfile, applied to the container's configuration. */
  readonly changes?: readonly string[]
  readonly author?: string
  /** Goes into the history. */
  readonly message?: string
}

/**
 * Makes an image of a container, running or not: the image that it stands on, its layer if it has one, its configuration, and one line of
 * history. What lies in mounts is not part of it.
 * @throws InvalidReferenceError, InvalidChangeError, LayerError
 */
export async function commitContainer(context: EngineContext, reference: string, options: CommitOptions = {}): Promise<Digest> {
  if (options.reference !== undefined) await checkReference(options.reference)
  return lookInto(context, reference, async (session) => {
    const { image } = await session.image()
    const changes = (await session.upper()).overlay.changes()
    const { architecture, os, variant } = image.config
    const own = imageSide(session.record.config)
    const config = keepCommand(await applyConfigChanges(own, options.changes ?? [], image.config), own)
    const layers: Layer[] = [...image.unpacked]
    if (changes.length > 0) layers.push(await storeLayer(context.store, changes))
    const created = timestamp(context)
    const line = {
      created,
      created_by: (session.record.config.Cmd ?? []).join(' '),
      ...(options.author ? { author: options.author } : {}),
      ...(options.message ? { comment: options.message } : {}),
      ...(changes.length > 0 ? {} : { empty_layer: true }),
    }
    const imageConfig: ImageConfig = {
      architecture,
      os,
      ...(variant === undefined ? {} : { variant }),
      created,
      ...(options.author ? { author: options.author } : {}),
      config: { ...config },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: [...(image.config.history ?? []), line],
    }
    const made = await makeImage({ config: imageConfig, layers })
    await keepImage(context, made, options.reference)
    return made.digest
  })
}

/** A change cannot take the last entrypoint away: without one, the container's own entrypoint and command are kept, as engines do. */
function keepCommand(changed: ImageRunConfig, own: ImageRunConfig): ImageRunConfig {
  if ((changed.Entrypoint?.length ?? 0) > 0) return changed
  const command = (changed.Cmd?.length ?? 0) > 0 ? changed.Cmd : own.Cmd
  return { ...changed, Entrypoint: own.Entrypoint ?? null, Cmd: command ?? null }
}

/** What of a container's configuration an image has. */
function imageSide({ Hostname: _hostname, Image: _image, ...config }: ContainerConfig): Omit<ContainerConfig, 'Hostname' | 'Image'> {
  return config
}
