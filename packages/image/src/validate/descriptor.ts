import { isDigest } from '@layerwright/digest'
import { isObject } from '../json.js'
import type { Descriptor } from '../types.js'
import { checkAnnotations, type Report } from './report.js'

/** A descriptor, or undefined after saying what it lacks; what can be gone on with is gone on with. */
export function checkDescriptor(value: unknown, subject: string, report: Report): Descriptor | undefined {
  if (!isObject(value)) return void report('DESCRIPTOR_INVALID', subject, 'its descriptor is no object')
  const { mediaType, digest, size, platform, annotations } = value
  if (typeof mediaType !== 'string' || !/^[\w.+-]+\/[\w.+-]+$/.test(mediaType))
    report('DESCRIPTOR_MEDIA_TYPE', subject, `its descriptor has the media type ${JSON.stringify(mediaType)}`)
  if (platform !== undefined && !(isObject(platform) && typeof platform.os === 'string' && typeof platform.architecture === 'string'))
    report('DESCRIPTOR_PLATFORM', subject, 'its descriptor has a platform without os or architecture')
  checkAnnotations(annotations, subject, report)
  const sized = Number.isSafeInteger(size) && (size as number) >= 0
  if (!sized) report('DESCRIPTOR_SIZE', subject, `its descriptor has the size ${JSON.stringify(size)}`)
  if (typeof digest !== 'string' || !isDigest(digest))
    return void report('DESCRIPTOR_DIGEST', subject, `its descriptor has the digest ${JSON.stringify(digest)}, which is not sha256`)
  if (!sized) return undefined
  return { ...value, mediaType: String(mediaType), digest, size: size as number } as Descriptor
}

/** `schemaVersion`, the document's own media type, and `subject`: what manifests and indexes have in common. */
export function checkHead(document: Record<string, unknown>, mediaType: string | undefined, subject: string, report: Report): void {
  if (document.schemaVersion !== 2)
    report('SCHEMA_VERSION', subject, `its schemaVersion is ${JSON.stringify(document.schemaVersion)}, not 2`)
  if (document.mediaType !== undefined && mediaType !== undefined && document.mediaType !== mediaType)
    report('MEDIA_TYPE_MISMATCH', subject, `it says that it is ${JSON.stringify(document.mediaType)}, its descriptor says ${mediaType}`)
  if (document.subject !== undefined && document.subject !== null) checkDescriptor(document.subject, `subject of ${subject}`, report)
  checkAnnotations(document.annotations, subject, report)
}
