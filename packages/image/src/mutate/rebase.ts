import { ImageError } from '../errors.js'
import { ANNOTATION } from '../media-types.js'
import { platformText, samePlatform } from '../platform.js'
import type { HistoryEntry, Image } from '../types.js'
import { remade, tellsAll } from './remake.js'

export interface RebaseOptions {
  /** What the image was built on: its layers must be the image's lowest. */
  readonly oldBase: Image
  readonly newBase: Image
  /** Name of the new base, for the annotation that says what an image is built on (image-spec annotations.md). */
  readonly baseName?: string
}

/**
 * The image on another base: the layers that it has above its old base come onto the new one, as they are. That they make sense there is the caller's to know; it is for a base
 * of the same kind with newer contents. The config is the image's own: what the new base would have set otherwise does not reach it.
 * @throws ImageError REBASE_MISMATCH when the image is not built on the old base, or the platforms are not the same
 */
export function rebaseImage(image: Image, { oldBase, newBase, baseName }: RebaseOptions): Image {
  const below = oldBase.layers.length
  const foreign = oldBase.layers.findIndex(({ diffId }, i) => image.layers[i]?.diffId !== diffId)
  if (foreign >= 0)
    throw new ImageError(
      'REBASE_MISMATCH',
      image.digest,
      `The image is not built on that base: layer ${foreign} is ${image.layers[foreign]?.diffId ?? 'missing'}, the base has ${oldBase.layers[foreign]!.diffId}; name the base that it was built on`,
    )
  if (!samePlatform(image.platform, newBase.platform))
    throw new ImageError(
      'REBASE_MISMATCH',
      image.digest,
      `The image is for ${platformText(image.platform)}, the new base for ${platformText(newBase.platform)}`,
    )
  const own = ownHistory(image, oldBase)
  const history = own && tellsAll(newBase.config.history, newBase.layers.length) ? [...(newBase.config.history ?? []), ...own] : undefined
  const { history: _, ...config } = image.config
  return remade(image, {
    layers: [...newBase.layers, ...image.layers.slice(below)],
    config: { ...config, ...(history ? { history } : {}) },
    annotations: {
      ...image.manifest.annotations,
      [ANNOTATION.baseDigest]: newBase.digest,
      ...(baseName === undefined ? {} : { [ANNOTATION.baseName]: baseName }),
    },
  })
}

/** What the image's history says of the layers above the base; undefined: it can't be told. */
function ownHistory(image: Image, base: Image): readonly HistoryEntry[] | undefined {
  const { history } = image.config
  if (!history || !tellsAll(history, image.layers.length)) return undefined
  const own = history.slice(base.config.history?.length ?? 0)
  return tellsAll(own, image.layers.length - base.layers.length) ? own : undefined
}
