import type { Digest } from '@layerwright/digest'
import {
  type HistoryEntry,
  type ImageSummary,
  listImages,
  parseReference,
  removeImage,
  resolveImage,
  tagImage,
  untag,
} from '@layerwright/image'
import type { EngineContext } from '../context.js'
import { ImageInUseError, NoSuchImageError } from '../errors.js'
import { listContainers } from '../state/records.js'
import { openImage } from './find.js'
import { checkReference, withReference } from './keep.js'

/** Gives an image one more name; whatever had the name loses it. @throws NoSuchImageError, InvalidReferenceError */
export async function tagExisting(context: EngineContext, image: string, name: string): Promise<void> {
  await checkReference(name)
  await tagImage(context.store, name, await openImage(context, image))
}

/** Newest first. @throws NoSuchImageError, InvalidReferenceError */
export async function imageHistory(context: EngineContext, image: string): Promise<HistoryEntry[]> {
  return [...((await openImage(context, image)).config.history ?? [])].reverse()
}

/** What a removal did. */
export interface RemovedImage {
  /** Names that were taken away, as people write them. */
  readonly untagged: readonly string[]
  /** The image, if it went with its last name. Its blobs go with the next collection of the store. */
  readonly deleted: Digest | undefined
}

/**
 * Takes a name away; with the last one, or named by its digest, the image goes. A container that stands on it keeps what it needs, but the
 * removal has to be forced then; while it runs, only the name goes.
 * @throws NoSuchImageError (unless forced), InvalidReferenceError, ImageInUseError
 */
export async function removeImageName(
  context: EngineContext,
  reference: string,
  options: { readonly force?: boolean } = {},
): Promise<RemovedImage> {
  const { store } = context
  const digest = await withReference(reference, () => resolveImage(store, reference))
  const image = digest && (await listImages(store)).find((each) => each.digest === digest)
  if (!image && options.force) return { untagged: [], deleted: undefined }
  if (!image) throw new NoSuchImageError(reference)
  const users = (await listContainers(store)).filter((container) => container.image === digest)
  const running = users.find(({ state }) => state.status === 'running')
  const name = nameAmong(reference, image)
  if (name !== undefined) {
    if (image.refs.length === 1 && users.length > 0 && !options.force) throw new ImageInUseError(reference, users[0]!.id)
    await untag(store, name)
    if (image.refs.length > 1 || running) return { untagged: [familiar(name)], deleted: undefined }
  } else {
    if (running) throw new ImageInUseError(reference, running.id)
    if (!options.force && (users.length > 0 || image.refs.length > 1))
      throw new ImageInUseError(reference, users[0]?.id ?? `${image.refs.length} names`)
  }
  await removeImage(store, image.digest)
  return { untagged: (name === undefined ? image.refs : [name]).map(familiar), deleted: image.digest }
}

const familiar = (name: string): string => parseReference(name).familiar

/** The name that was meant, or undefined where the image was named by its digest. */
function nameAmong(reference: string, image: ImageSummary): string | undefined {
  try {
    const { registry, repository, tag } = parseReference(reference)
    const name = `${registry}/${repository}:${tag ?? 'latest'}`
    return image.refs.includes(name) ? name : undefined
  } catch {
    // Digests and their beginnings are no names.
    return undefined
  }
}

export type { ImageSummary }
