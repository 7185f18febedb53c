import { findImage, type StoredImage } from '@layerwright/image'
import type { EngineContext } from '../context.js'
import { NoSuchImageError } from '../errors.js'
import { withReference } from './keep.js'

/** The image that a user names, by name or digest. @throws NoSuchImageError, InvalidReferenceError */
export async function openImage({ store }: EngineContext, reference: string): Promise<StoredImage> {
  const image = await withReference(reference, () => findImage(store, reference))
  if (!image) throw new NoSuchImageError(reference)
  return image
}
