import { join } from 'node:path'
import { createHasher, sha256 } from '@layerwright/digest'
import { compressionOf } from '@layerwright/layer'
import { compressGzip, decompress } from '@layerwright/layer/node'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { canonicalJson } from '../../json.js'
import { MEDIA } from '../../media-types.js'
import type { Descriptor, Image, ImageLayer, Manifest } from '../../types.js'
import { checkDigest } from '../../verify.js'
import { type NewFile, newFile } from '../files.js'

/** How the layers of an exported image are compressed. `none` leaves those that came compressed as they came. */
export type ExportCompression = 'none' | 'gzip'

/** What an export writes for one image. */
export interface ExportedImage {
  readonly manifest: Descriptor
  /** Manifest, config, layers: descriptor and bytes. */
  readonly blobs: readonly (readonly [Descriptor, Content])[]
}

/** Files that an export makes on its way; dropped at its end. */
export interface Scratch {
  make(): NewFile
  drop(): void
}

export function scratch(folder: string): Scratch {
  const files: NewFile[] = []
  return {
    make() {
      const file = newFile(join(folder, `layer-${files.length}`))
      files.push(file)
      return file
    },
    drop() {
      for (const file of files) file.drop()
    },
  }
}

/** The image as it is to be written. Compressing changes the manifest, and so the image's digest there; the config stays. */
export async function exported(image: Image, compression: ExportCompression, files: Scratch): Promise<ExportedImage> {
  const layers: (readonly [Descriptor, Content])[] = []
  let changed = false
  for (const layer of image.layers) {
    const plain = compressionOf(layer.descriptor.mediaType) === 'none'
    if (compression === 'gzip' && plain) {
      layers.push(await gzipped(layer, files))
      changed = true
    } else layers.push([layer.descriptor, layer.content])
  }
  const manifest: Manifest = { ...image.manifest, layers: layers.map(([descriptor]) => descriptor) }
  const manifestBytes = changed ? canonicalJson(manifest) : image.manifestBytes
  const descriptor: Descriptor = {
    mediaType: image.manifest.mediaType,
    digest: sha256(manifestBytes),
    size: manifestBytes.length,
    platform: image.platform,
  }
  return {
    manifest: descriptor,
    blobs: [[descriptor, bytesContent(manifestBytes)], [image.manifest.config, bytesContent(image.configBytes)], ...layers],
  }
}

async function gzipped(layer: ImageLayer, files: Scratch): Promise<readonly [Descriptor, Content]> {
  const file = files.make()
  const hasher = createHasher()
  let size = 0
  for await (const chunk of compressGzip(layer.content.stream())) {
    hasher.update(chunk)
    file.write(chunk)
    size += chunk.length
  }
  return [{ mediaType: MEDIA.layerGzip, digest: hasher.digest(), size }, file.content()]
}

/** The tar of a layer, its diffID verified while it is read; a compressed one is unpacked into a scratch file first, because its size is not known. */
export async function plainLayer(layer: ImageLayer, files: Scratch): Promise<Content> {
  const kind = compressionOf(layer.descriptor.mediaType)
  if (kind === undefined)
    throw new ImageError(
      'MEDIA_TYPE_UNSUPPORTED',
      layer.descriptor.digest,
      `${layer.descriptor.digest} has the media type ${layer.descriptor.mediaType}, which cannot be unpacked`,
    )
  if (kind === 'none') return layer.content
  const file = files.make()
  const hasher = createHasher()
  for await (const chunk of decompress(layer.content.stream(), kind)) {
    hasher.update(chunk)
    file.write(chunk)
  }
  checkDigest(layer.diffId, hasher.digest())
  return file.content()
}

export const bytesContent = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  async *stream(start, end) {
    yield bytes.subarray(start, end)
  },
})
