import { createHasher, sha256 } from '@layerwright/digest'
import { compressionOf, type Decompress, indexLayer, decompress as portable } from '@layerwright/layer'
import { parseConfig, parseDocument } from './documents.js'
import { canonicalJson } from './json.js'
import { platformOf } from './make.js'
import { samePlatform } from './platform.js'
import type { Image, ImageFault, ImageLayer } from './types.js'

/**
 * Recomputes every claim of an image and reports all that is wrong at once: digests and sizes of documents and layers, diffIDs, that layers are tars that
 * can be applied, the number of layers and of history lines, the platform, the media types. Reads every layer.
 */
export async function validateImage(image: Image, options: { readonly decompress?: Decompress } = {}): Promise<ImageFault[]> {
  const faults: ImageFault[] = []
  const fault = (code: string, subject: string, message: string) => void faults.push({ code, subject, message })
  checkDocuments(image, fault)
  const diffIds = image.config.rootfs.diff_ids
  const counts = [image.manifest.layers.length, image.layers.length, diffIds.length]
  if (new Set(counts).size > 1)
    fault('LAYER_COUNT', 'manifest', `the manifest has ${counts[0]} layers, the image ${counts[1]}, the config ${counts[2]} diffIDs`)
  const { history } = image.config
  const making = history?.filter((entry) => !entry.empty_layer).length
  if (history && history.length > 0 && making !== diffIds.length)
    fault('HISTORY_COUNT', 'config', `the history makes ${making} layers, there are ${diffIds.length}`)
  if (!samePlatform(image.platform, platformOf(image.config))) fault('PLATFORM', 'config', 'the platform is not that of the config')
  for (const [i, layer] of image.layers.entries()) {
    const subject = `layer ${i}`
    const described = image.manifest.layers[i]
    if (described && described.digest !== layer.descriptor.digest)
      fault('LAYER_ORDER', subject, `the manifest has ${described.digest} here`)
    if (diffIds[i] && diffIds[i] !== layer.diffId) fault('LAYER_ORDER', subject, `the config has the diffID ${diffIds[i]} here`)
    await checkLayer(layer, subject, options.decompress ?? portable, fault)
  }
  return faults
}

type Report = (code: string, subject: string, message: string) => void

function checkDocuments(image: Image, fault: Report): void {
  const same = (a: unknown, b: unknown) => sha256(canonicalJson(a)) === sha256(canonicalJson(b))
  if (sha256(image.manifestBytes) !== image.digest)
    fault('DIGEST_MISMATCH', 'manifest', `its bytes have the digest ${sha256(image.manifestBytes)}, not ${image.digest}`)
  const { config } = image.manifest
  if (sha256(image.configBytes) !== config.digest)
    fault('DIGEST_MISMATCH', 'config', `its bytes have the digest ${sha256(image.configBytes)}, not ${config.digest}`)
  if (image.configBytes.length !== config.size)
    fault('SIZE_MISMATCH', 'config', `it has ${image.configBytes.length} bytes, not ${config.size}`)
  try {
    const document = parseDocument(image.manifestBytes, 'manifest')
    if (!('manifest' in document) || !same(document.manifest, image.manifest))
      fault('DOCUMENT_INVALID', 'manifest', 'its bytes say something else')
  } catch (error) {
    fault('DOCUMENT_INVALID', 'manifest', messageOf(error))
  }
  try {
    if (!same(parseConfig(image.configBytes, 'config'), image.config)) fault('DOCUMENT_INVALID', 'config', 'its bytes say something else')
  } catch (error) {
    fault('DOCUMENT_INVALID', 'config', messageOf(error))
  }
}

async function checkLayer(layer: ImageLayer, subject: string, decompress: Decompress, fault: Report): Promise<void> {
  const { descriptor, content, diffId } = layer
  const kind = compressionOf(descriptor.mediaType)
  if (kind === undefined) return fault('MEDIA_TYPE_UNSUPPORTED', subject, `${descriptor.mediaType} is no media type of a layer`)
  const blob = createHasher()
  const tar = createHasher()
  let size = 0
  let complete = false
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content.stream()) {
      blob.update(chunk)
      size += chunk.length
      yield chunk
    }
    complete = true
  }
  async function* plain(): AsyncGenerator<Uint8Array> {
    for await (const chunk of decompress(counted(), kind!)) {
      tar.update(chunk)
      yield chunk
    }
  }
  try {
    await indexLayer(plain(), { diffId })
  } catch (error) {
    fault(codeOf(error), subject, messageOf(error))
    if (!complete) return
  }
  if (size !== descriptor.size) fault('SIZE_MISMATCH', subject, `it has ${size} bytes, not ${descriptor.size}`)
  const digest = blob.digest()
  if (digest !== descriptor.digest) fault('DIGEST_MISMATCH', subject, `its bytes have the digest ${digest}, not ${descriptor.digest}`)
  const actual = tar.digest()
  if (complete && actual !== diffId) fault('DIFF_ID_MISMATCH', subject, `its tar has the digest ${actual}, not ${diffId}`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? 'LAYER_UNREADABLE')
