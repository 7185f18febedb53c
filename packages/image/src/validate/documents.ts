import { isObject } from '../json.js'
import { imageLimits } from '../limits.js'
import { isIndexType, isManifestType, MEDIA } from '../media-types.js'
import { platformText, samePlatform } from '../platform.js'
import type { BlobSource, Descriptor, Platform } from '../types.js'
import { checkConfig } from './config.js'
import { checkDescriptor, checkHead } from './descriptor.js'
import type { ClaimedLayer } from './layers.js'
import { documentBytes, objectOf, type Report } from './report.js'

/** One image of what is looked at: where to look on. */
export interface FoundLayers {
  readonly layers: readonly ClaimedLayer[]
}

/** Looks at a document and at everything below it. Gives the layers, which are looked at last, because it takes longest. */
export async function checkDocument(
  source: BlobSource,
  descriptor: Descriptor,
  subject: { readonly prefix: string; readonly depth: number },
  report: Report,
): Promise<FoundLayers[]> {
  const { prefix, depth } = subject
  const type = descriptor.mediaType
  const name = `${prefix}${isIndexType(type) ? 'index' : 'manifest'}`
  if (!isIndexType(type) && !isManifestType(type)) {
    report('MEDIA_TYPE_UNSUPPORTED', name, `${JSON.stringify(type)} is the media type of neither a manifest nor an index`)
    return []
  }
  if (depth > imageLimits.indexDepth) {
    report('INDEX_DEPTH', name, `indexes are nested deeper than ${imageLimits.indexDepth}`)
    return []
  }
  const bytes = await documentBytes(source, descriptor, imageLimits.manifestBytes, name, report)
  const document = bytes && objectOf(bytes, name, report)
  if (!document) return []
  checkHead(document, type, name, report)
  if ('manifests' in document && ('layers' in document || 'config' in document)) {
    report('DOCUMENT_AMBIGUOUS', name, 'it has "manifests" and also "layers" or "config": it could be read in two ways')
    return []
  }
  return isIndexType(type)
    ? checkIndex(source, document, { prefix, depth }, name, report)
    : [await checkManifest(source, document, descriptor.platform, prefix, name, report)]
}

export async function checkIndex(
  source: BlobSource,
  document: Record<string, unknown>,
  { prefix, depth }: { readonly prefix: string; readonly depth: number },
  name: string,
  report: Report,
): Promise<FoundLayers[]> {
  const { manifests } = document
  if (!Array.isArray(manifests)) {
    report('MANIFESTS_MISSING', name, 'it lists no manifests')
    return []
  }
  if (manifests.length > imageLimits.manifests) {
    report('DOCUMENT_TOO_LARGE', name, `it lists ${manifests.length} manifests; more than ${imageLimits.manifests} are not read`)
    return []
  }
  const found: FoundLayers[] = []
  for (const [i, entry] of manifests.entries()) {
    // attestations and other artifacts are no images
    const below = checkDescriptor(entry, `${prefix}manifest ${i}`, report)
    if (!below || below.annotations?.['vnd.docker.reference.type'] !== undefined) continue
    const own =
      manifests.length === 1
        ? prefix
        : `${prefix}${below.platform && usable(below.platform) ? platformText(below.platform) : `manifest ${i}`}: `
    found.push(...(await checkDocument(source, below, { prefix: own, depth: depth + 1 }, report)))
  }
  return found
}

const usable = ({ os, architecture }: Platform): boolean => typeof os === 'string' && typeof architecture === 'string'

async function checkManifest(
  source: BlobSource,
  document: Record<string, unknown>,
  platform: Platform | undefined,
  prefix: string,
  name: string,
  report: Report,
): Promise<FoundLayers> {
  const listed = Array.isArray(document.layers) ? document.layers : document.layers === null ? [] : undefined
  if (!listed) report('LAYERS_MISSING', name, 'it lists no layers')
  if (listed && listed.length > imageLimits.layers) {
    report('DOCUMENT_TOO_LARGE', name, `it lists ${listed.length} layers; more than ${imageLimits.layers} are not read`)
    return { layers: [] }
  }
  const config = isObject(document.config) ? checkDescriptor(document.config, `${prefix}config`, report) : undefined
  if (!isObject(document.config)) report('CONFIG_MISSING', name, 'it has no config')
  const said = config && (await readConfig(source, config, `${prefix}config`, report))
  if (said && platform && usable(platform) && said.platform && !samePlatform(platform, said.platform))
    report(
      'PLATFORM',
      `${prefix}config`,
      `it is for ${platformText(said.platform)}, its manifest's descriptor says ${platformText(platform)}`,
    )
  if (said && listed && said.diffIds.length !== listed.length)
    report('LAYER_COUNT', name, `it has ${listed.length} layers, its config ${said.diffIds.length} diffIDs`)
  const layers = (listed ?? []).map((entry: unknown, i): ClaimedLayer => {
    const subject = `${prefix}layer ${i}`
    const descriptor = checkDescriptor(entry, subject, report)
    return { subject, descriptor, diffId: said?.diffIds[i], content: async () => descriptor && source.blob(descriptor) }
  })
  return { layers }
}

async function readConfig(source: BlobSource, descriptor: Descriptor, subject: string, report: Report) {
  if (descriptor.mediaType !== MEDIA.config && descriptor.mediaType !== MEDIA.dockerConfig)
    report('CONFIG_MEDIA_TYPE', subject, `${JSON.stringify(descriptor.mediaType)} is not the media type of an image's config`)
  const bytes = await documentBytes(source, descriptor, imageLimits.configBytes, subject, report)
  const config = bytes && objectOf(bytes, subject, report)
  return config && checkConfig(config, subject, report)
}
