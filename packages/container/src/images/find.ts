import { findImage, type StoredImage } from '@layerwright/image'
import type { EngineContext } from '../context.js'
import { InvalidReferenceError, NoSuchImageError } from '../errors.js'

/** Whether an error of @layerwright/image says that a name is not well-formed. */
const isReferenceError = (error: unknown): error is Error => error instanceof Error && 'code' in error && error.code === 'REFERENCE_INVALID'

/** Turns the image package's complaint about a name into ours; lets everything else through. */
export async function withReference<T>(reference: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isReferenceError(error)) throw new InvalidReferenceError(reference, error.message)
    throw error
  }
}

/** The image that a user names, by name or digest. @throws NoSuchImageError, InvalidReferenceError */
export async function openImage({ store }: EngineContext, reference: string): Promise<StoredImage> {
  const image = await withReference(reference, () => findImage(store, reference))
  if (!image) throw new NoSuchImageError(reference)
  return image
}
