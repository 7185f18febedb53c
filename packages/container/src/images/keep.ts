import { parseReference, putImage, type StoredImage, tagImage } from '@layerwright/image'
import type { EngineContext } from '../context.js'
import { InvalidReferenceError } from '../errors.js'

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

/** Refuses a name before any work is done for it. A new image cannot be named by a digest. @throws InvalidReferenceError */
export async function checkReference(reference: string): Promise<void> {
  const { digest } = await withReference(reference, () => parseReference(reference))
  if (digest !== undefined) throw new InvalidReferenceError(reference, 'a name for an image has a tag, not a digest')
}

/** Puts an image into the store, under a name if it gets one. */
export async function keepImage({ store }: EngineContext, image: StoredImage, reference: string | undefined): Promise<void> {
  if (reference === undefined) await putImage(store, image)
  else await tagImage(store, reference, image)
}
