import { sha256 } from '@layerwright/digest'
import { type Decompress, decompress as portable } from '@layerwright/layer'
import { parseConfig, parseDocument } from '../documents.js'
import { canonicalJson } from '../json.js'
import { platformOf } from '../make.js'
import { isManifestType } from '../media-types.js'
import { samePlatform } from '../platform.js'
import type { BlobSource, Descriptor, Image, ImageFault } from '../types.js'
import { withoutDigest } from '../verify.js'
import { checkDocument } from './documents.js'
import { checkLayers } from './layers.js'
import { codeOf, messageOf, type Report, reports } from './report.js'

export interface ValidateOptions {
  readonly decompress?: Decompress
}

/**
 * Looks at everything that a manifest or an index claims, wherever it lies, and reports all that is wrong at once: digests and sizes, descriptors, media types, documents
 * that could be read in two ways, configs, histories, platforms, and the layers with their compression, members, diffIDs and order. What can't be read hides what lies
 * below it, and nothing else. Reads every layer once.
 * @throws what the source throws other than for single blobs
 */
export async function validateBlobs(source: BlobSource, root: Descriptor, options: ValidateOptions = {}): Promise<ImageFault[]> {
  const { faults, report } = reports()
  const { decompress = portable } = options
  for (const { layers } of await checkDocument(source, root, { prefix: '', depth: 0 }, report))
    await checkLayers(layers, decompress, report)
  return faults
}

/** The same for an image that was read or made: also what its fields say beside its documents. */
export async function validateImage(image: Image, options: ValidateOptions = {}): Promise<ImageFault[]> {
  const { faults, report } = reports()
  checkFields(image, report)
  const root: Descriptor = {
    mediaType: image.manifest.mediaType,
    digest: image.digest,
    size: image.manifestBytes.length,
    platform: image.platform,
  }
  await checkDocument(documentsOf(image), root, { prefix: '', depth: 0 }, report)
  const layers = image.layers.map(({ descriptor, diffId, content }, i) => ({
    subject: `layer ${i}`,
    descriptor,
    diffId,
    // what is wrong with the bytes is to be named in the same words as everything else
    content: async () => withoutDigest(content),
  }))
  await checkLayers(layers, options.decompress ?? portable, report)
  return faults
}

/** Fields against documents. */
function checkFields(image: Image, report: Report): void {
  const same = (a: unknown, b: unknown) => sha256(canonicalJson(a)) === sha256(canonicalJson(b))
  const compare = (subject: string, says: () => unknown, field: unknown) => {
    try {
      if (!same(says(), field)) report('DOCUMENT_DIFFERS', subject, 'its bytes say something else')
    } catch (error) {
      report(codeOf(error, 'DOCUMENT_INVALID'), subject, messageOf(error))
    }
  }
  compare(
    'manifest',
    () => {
      const document = parseDocument(image.manifestBytes, 'manifest')
      return 'manifest' in document ? document.manifest : document
    },
    image.manifest,
  )
  compare('config', () => parseConfig(image.configBytes, 'config'), image.config)
  if (!samePlatform(image.platform, platformOf(image.config))) report('PLATFORM', 'config', 'the platform is not that of the config')
  for (const [i, layer] of image.layers.entries()) {
    const [described, diffId] = [image.manifest.layers[i], image.config.rootfs.diff_ids[i]]
    if (described && !same(described, layer.descriptor)) report('LAYER_ORDER', `layer ${i}`, `the manifest has ${described.digest} here`)
    if (diffId && diffId !== layer.diffId) report('LAYER_ORDER', `layer ${i}`, `the config has the diffID ${diffId} here`)
  }
}

/** The image's own documents, under whatever digest they are asked for. */
const documentsOf = (image: Image): BlobSource => ({
  async blob({ mediaType }) {
    const bytes = isManifestType(mediaType) ? image.manifestBytes : image.configBytes
    return {
      size: bytes.length,
      async *stream(start, end) {
        yield bytes.subarray(start, end)
      },
    }
  },
})
