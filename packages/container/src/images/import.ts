import type { Digest } from '@layerwright/digest'
import { makeImage } from '@layerwright/image'
import { importLayer } from '@layerwright/layer'
import type { Content } from '@layerwright/vfs'
import { type EngineContext, timestamp } from '../context.js'
import { applyConfigChanges } from './changes.js'
import { checkReference, keepImage } from './keep.js'

export interface ImportOptions {
  readonly reference?: string
  /** Instructions of a Dockerfile, for the configuration that an archive does not have. */
  readonly changes?: readonly string[]
  readonly message?: string
  /** Default linux/amd64. */
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
}

/** Makes an image of one layer out of a tar, compressed or not. @throws InvalidReferenceError, InvalidChangeError, TarError, LayerError, LayerLimitError */
export async function importImage(context: EngineContext, archive: Content, options: ImportOptions = {}): Promise<Digest> {
  const { archiveEntries, archiveBytes } = context.limits
  if (options.reference !== undefined) await checkReference(options.reference)
  const platform = options.platform ?? { os: 'linux', architecture: 'amd64' }
  const config = await applyConfigChanges({}, options.changes ?? [], platform)
  const layer = await importLayer(context.store, archive, { limits: { entries: archiveEntries, totalBytes: archiveBytes } })
  const created = timestamp(context)
  const image = await makeImage({
    config: {
      ...platform,
      created,
      config: { ...config },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history: [{ created, comment: options.message ?? 'Imported from -' }],
    },
    layers: [layer],
  })
  await keepImage(context, image, options.reference)
  return image.digest
}
