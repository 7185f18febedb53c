import { type Digest, isDigest } from '@layerwright/digest'
import { ImageError } from './errors.js'
import { isObject, parseObject } from './json.js'
import { imageLimits } from './limits.js'
import { isIndexType, isManifestType, MEDIA } from './media-types.js'
import { runConfigFault } from './run-config.js'
import type { Descriptor, ImageConfig, ImageIndex, Manifest, Platform } from './types.js'

/**
 * A manifest or an index from its bytes. `mediaType` is what the descriptor (or the registry) said.
 * @throws ImageError DOCUMENT_AMBIGUOUS for one that could be read as both, or says to be another than was announced (S34); DOCUMENT_INVALID
 */
export function parseDocument(
  bytes: Uint8Array,
  subject: string,
  mediaType?: string,
): { readonly manifest: Manifest } | { readonly index: ImageIndex } {
  const document = parseObject(bytes, subject)
  const looksIndex = 'manifests' in document
  const looksManifest = 'layers' in document || 'config' in document
  if (looksIndex && looksManifest) {
    throw new ImageError(
      'DOCUMENT_AMBIGUOUS',
      subject,
      `${subject} has "manifests" and also "layers" or "config": it could be read in two ways, so it is not read at all`,
    )
  }
  const own = document.mediaType
  if (own !== undefined && mediaType !== undefined && own !== mediaType) {
    throw new ImageError(
      'DOCUMENT_AMBIGUOUS',
      subject,
      `${subject} says that it is ${JSON.stringify(own)}, its descriptor says ${mediaType}`,
    )
  }
  const type = typeof own === 'string' ? own : (mediaType ?? (looksIndex ? MEDIA.index : MEDIA.manifest))
  if (document.schemaVersion !== 2) throw invalid(subject, 'its schemaVersion is not 2')
  if (isIndexType(type)) {
    if (!looksIndex) throw invalid(subject, 'it is said to be an index, and lists no manifests')
    return {
      index: { ...document, schemaVersion: 2, mediaType: type, manifests: descriptors(document.manifests, subject, imageLimits.manifests) },
    }
  }
  if (!isManifestType(type))
    throw new ImageError('MEDIA_TYPE_UNSUPPORTED', subject, `${subject} has the media type ${JSON.stringify(type)}, which is no image`)
  if (!looksManifest) throw invalid(subject, 'it is said to be a manifest, and has no config')
  const config = descriptor(document.config, subject)
  return {
    manifest: { ...document, schemaVersion: 2, mediaType: type, config, layers: descriptors(document.layers, subject, imageLimits.layers) },
  }
}

/** An image config from its bytes. @throws ImageError DOCUMENT_INVALID */
export function parseConfig(bytes: Uint8Array, subject: string): ImageConfig {
  const config = parseObject(bytes, subject)
  const { rootfs } = config
  // BuildKit writes null for an image without layers.
  const ids = isObject(rootfs) ? (rootfs.diff_ids ?? []) : undefined
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string' && isDigest(id)))
    throw invalid(subject, 'its rootfs lists no diffIDs')
  for (const key of ['architecture', 'os'] as const) if (typeof config[key] !== 'string') throw invalid(subject, `it names no ${key}`)
  const { history } = config
  if (history !== undefined && history !== null && !(Array.isArray(history) && history.every(isObject)))
    throw invalid(subject, 'its history is no list of entries')
  const fault = runConfigFault(config.config)
  if (fault !== undefined) throw invalid(subject, fault)
  return {
    ...config,
    architecture: config.architecture as string,
    os: config.os as string,
    rootfs: { type: 'layers', diff_ids: ids as Digest[] },
  }
}

const invalid = (subject: string, what: string): ImageError =>
  new ImageError('DOCUMENT_INVALID', subject, `${subject} cannot be used: ${what}`)

function descriptors(value: unknown, subject: string, most: number): Descriptor[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw invalid(subject, 'a list of descriptors is missing')
  if (value.length > most)
    throw new ImageError('DOCUMENT_TOO_LARGE', subject, `${subject} lists ${value.length} blobs; more than ${most} are not read`)
  return value.map((item) => descriptor(item, subject))
}

function descriptor(value: unknown, subject: string): Descriptor {
  if (!isObject(value)) throw invalid(subject, 'a descriptor is no object')
  const { mediaType, digest, size, platform } = value
  if (typeof mediaType !== 'string') throw invalid(subject, 'a descriptor has no mediaType')
  if (typeof digest !== 'string' || !isDigest(digest))
    throw invalid(subject, `a descriptor has the digest ${JSON.stringify(digest)}, which is not sha256`)
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(subject, `the descriptor of ${digest} has no size`)
  if (platform !== undefined && !isPlatform(platform)) throw invalid(subject, `the descriptor of ${digest} has no usable platform`)
  return { ...value, mediaType, digest, size: size as number } as Descriptor
}

const isPlatform = (value: unknown): value is Platform =>
  isObject(value) && typeof value.os === 'string' && typeof value.architecture === 'string'
