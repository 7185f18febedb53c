import { parseConfig, parseDocument } from './documents.js'
import { ImageError } from './errors.js'
import { imageLimits } from './limits.js'
import { platformOf } from './make.js'
import { ANNOTATION, isIndexType, isManifestType } from './media-types.js'
import { platformText, samePlatform } from './platform.js'
import type { BlobSource, Descriptor, Image, ImageLayer, ImageSelector, ListedImage, Manifest } from './types.js'
import { readDocument, requireBlob, verified } from './verify.js'

/**
 * The image that a manifest's descriptor names. Documents are verified now, layers when they are read.
 * @throws ImageError
 */
export async function readImage(source: BlobSource, descriptor: Descriptor): Promise<Image> {
  const manifestBytes = await readDocument(source, descriptor, imageLimits.manifestBytes)
  const document = parseDocument(manifestBytes, `manifest ${descriptor.digest}`, descriptor.mediaType)
  if (!('manifest' in document))
    throw new ImageError('DOCUMENT_INVALID', descriptor.digest, `${descriptor.digest} is an index where a manifest is expected`)
  const { manifest } = document
  const configBytes = await readDocument(source, manifest.config, imageLimits.configBytes)
  const config = parseConfig(configBytes, `config ${manifest.config.digest}`)
  return {
    digest: descriptor.digest,
    manifest,
    manifestBytes,
    config,
    configBytes,
    layers: await imageLayers(source, manifest, config.rootfs.diff_ids),
    platform: platformOf(config),
  }
}

async function imageLayers(source: BlobSource, manifest: Manifest, diffIds: Image['config']['rootfs']['diff_ids']): Promise<ImageLayer[]> {
  if (manifest.layers.length !== diffIds.length) {
    throw new ImageError(
      'LAYER_COUNT',
      manifest.config.digest,
      `The manifest has ${manifest.layers.length} layers, the config ${diffIds.length} diffIDs: they do not belong together`,
    )
  }
  const layers: ImageLayer[] = []
  for (const [i, descriptor] of manifest.layers.entries()) {
    layers.push({ descriptor, diffId: diffIds[i]!, content: verified(await requireBlob(source, descriptor), descriptor) })
  }
  return layers
}

/** An image with where it stands: its own descriptor, and those of the indexes above it, outermost first. */
export interface FoundImage {
  readonly descriptor: Descriptor
  readonly above: readonly Descriptor[]
}

/** The images below descriptors, through nested indexes; what is neither manifest nor index is passed over, and so are attestations. */
export async function listImagesBelow(source: BlobSource, roots: readonly Descriptor[]): Promise<FoundImage[]> {
  const found: FoundImage[] = []
  const visit = async (descriptor: Descriptor, above: readonly Descriptor[]): Promise<void> => {
    if (isManifestType(descriptor.mediaType)) {
      if (descriptor.annotations?.[ANNOTATION.referenceType] === undefined) found.push({ descriptor, above })
      return
    }
    if (!isIndexType(descriptor.mediaType)) return
    if (above.length >= imageLimits.indexDepth)
      throw new ImageError('DOCUMENT_INVALID', descriptor.digest, `Indexes are nested deeper than ${imageLimits.indexDepth}`)
    const bytes = await readDocument(source, descriptor, imageLimits.manifestBytes)
    const document = parseDocument(bytes, `index ${descriptor.digest}`, descriptor.mediaType)
    if (!('index' in document))
      throw new ImageError('DOCUMENT_INVALID', descriptor.digest, `${descriptor.digest} is a manifest where an index is expected`)
    for (const child of document.index.manifests) await visit(child, [...above, descriptor])
    if (found.length > imageLimits.manifests)
      throw new ImageError('DOCUMENT_TOO_LARGE', descriptor.digest, `More than ${imageLimits.manifests} images are listed`)
  }
  for (const root of roots) await visit(root, [])
  return found
}

/** Names of a found image: those of the entry of the layout that leads to it. */
export function refsOf({ descriptor, above }: FoundImage): string[] {
  const top = above[0] ?? descriptor
  const names = [top.annotations?.[ANNOTATION.refName], top.annotations?.[ANNOTATION.containerdName]]
  return [...new Set(names.filter((name): name is string => typeof name === 'string'))]
}

export const listed = (found: readonly FoundImage[]): ListedImage[] => {
  const byDigest = new Map<string, ListedImage>()
  for (const one of found) {
    const before = byDigest.get(one.descriptor.digest)
    const refs = [...new Set([...(before?.refs ?? []), ...refsOf(one)])]
    byDigest.set(one.descriptor.digest, { descriptor: one.descriptor, refs, platform: one.descriptor.platform ?? before?.platform })
  }
  return [...byDigest.values()]
}

/**
 * The one image that is meant. A platform chooses among the entries of an index; an image that stands alone is taken whatever its platform is (look at
 * `image.platform`), as engines do.
 * @throws ImageError IMAGE_NOT_FOUND, PLATFORM_NOT_FOUND, IMAGE_AMBIGUOUS
 */
export function selectImage(found: readonly FoundImage[], select: ImageSelector, where: string): Descriptor {
  const named = found.filter((one) => {
    if (select.ref !== undefined && !refsOf(one).includes(select.ref)) return false
    return (
      select.digest === undefined || one.descriptor.digest === select.digest || one.above.some((index) => index.digest === select.digest)
    )
  })
  if (named.length === 0) {
    const known = [...new Set(found.flatMap(refsOf))]
    const wanted = select.digest ?? select.ref ?? 'an image'
    throw new ImageError(
      'IMAGE_NOT_FOUND',
      wanted,
      `${where} does not hold ${wanted}; it holds ${known.length > 0 ? known.join(', ') : `${found.length} images without a name`}`,
    )
  }
  const { platform } = select
  const inIndex = named.filter((one) => one.above.length > 0 || one.descriptor.platform !== undefined)
  const fitting = platform ? named.filter((one) => !one.descriptor.platform || samePlatform(one.descriptor.platform, platform)) : named
  const candidates = platform && inIndex.length === 0 ? named : fitting
  const digests = [...new Set(candidates.map((one) => one.descriptor.digest))]
  if (digests.length === 1) return candidates[0]!.descriptor
  const platforms = [
    ...new Set(named.map((one) => (one.descriptor.platform ? platformText(one.descriptor.platform) : 'no platform'))),
  ].join(', ')
  if (digests.length === 0)
    throw new ImageError(
      'PLATFORM_NOT_FOUND',
      platformText(platform!),
      `${where} has no image for ${platformText(platform!)}; there are ${platforms}`,
    )
  throw new ImageError(
    'IMAGE_AMBIGUOUS',
    where,
    `${where} holds ${digests.length} images (${platforms}; ${[...new Set(named.flatMap(refsOf))].join(', ') || 'without names'}): say which by platform, name or digest`,
  )
}
