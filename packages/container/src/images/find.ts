import { formatPlatform } from '@layerwright/dockerfile'
import { findImage, findImages, type Platform, type StoredImage, samePlatform } from '@layerwright/image'
import type { EngineContext } from '../context.js'
import { NoSuchImageError } from '../errors.js'
import { withReference } from './keep.js'

/** The image that a user names, by name or digest; of several under one name that of the platform, if one is asked for. @throws NoSuchImageError, InvalidReferenceError */
export async function openImage({ store }: EngineContext, reference: string, platform?: Platform): Promise<StoredImage> {
  const image = await withReference(reference, async () =>
    platform ? (await findImages(store, reference)).find((one) => samePlatform(one.platform, platform)) : findImage(store, reference),
  )
  if (!image) throw new NoSuchImageError(platform ? `${reference} (${formatPlatform(platform)})` : reference)
  return image
}
