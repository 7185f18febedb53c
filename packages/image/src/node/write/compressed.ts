import { join } from 'node:path'
import { createHasher, sha256 } from '@layerwright/digest'
import { compressionOf } from '@layerwright/layer'
import { decompress } from '@layerwright/layer/node'
import type { Store } from '@layerwright/store'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { type FormOptions, type LayerCompression, type LayerForm, layerForms } from '../../forms.js'
import { canonicalJson } from '../../json.js'
import type { Descriptor, Image, ImageLayer, Manifest } from '../../types.js'
import { checkDigest } from '../../verify.js'
import { compressors } from '../compressors.js'
import { type NewFile, newFile } from '../files.js'

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

export interface ExportOptions extends Omit<FormOptions, 'compression' | 'compressors'> {
  /** How uncompressed layers are written; default `none`. One that came compressed goes as it came. */
  readonly compression?: LayerCompression
  /** Where compressed layers are kept, so that a second export finds them. Without one they are made anew each time. */
  readonly store?: Store
}

/** The image as it is to be written. Compressing changes the manifest, and so the image's digest there; the config stays. */
export async function exported(image: Image, form: (layer: ImageLayer) => Promise<LayerForm>): Promise<ExportedImage> {
  const layers: LayerForm[] = []
  for (const layer of image.layers) layers.push(await form(layer))
  const changed = layers.some(({ descriptor }, i) => descriptor !== image.layers[i]!.descriptor)
  const manifest: Manifest = { ...image.manifest, layers: layers.map(({ descriptor }) => descriptor) }
  const manifestBytes = changed ? canonicalJson(manifest) : image.manifestBytes
  const descriptor: Descriptor = {
    mediaType: image.manifest.mediaType,
    digest: sha256(manifestBytes),
    size: manifestBytes.length,
    platform: image.platform,
  }
  return {
    manifest: descriptor,
    blobs: [
      [descriptor, bytesContent(manifestBytes)],
      [image.manifest.config, bytesContent(image.configBytes)],
      ...layers.map(({ descriptor, content }) => [descriptor, content] as const),
    ],
  }
}

/** How the layers of an export are written; what has to be made is kept in the store, else in scratch files. */
export function exportForms(
  { compression = 'none', level, store }: ExportOptions,
  files: Scratch,
): (layer: ImageLayer) => Promise<LayerForm> {
  return layerForms(store ?? scratchStore(files), { compression, compressors, ...(level === undefined ? {} : { level }) })
}

/** As much of a store as compressing needs: it forgets everything with the scratch files. */
function scratchStore(files: Scratch): Pick<Store, 'writer' | 'record' | 'putRecord' | 'touch' | 'blob'> {
  return {
    record: async () => undefined,
    putRecord: async () => {},
    touch: async () => false,
    blob: async () => undefined,
    writer() {
      const file = files.make()
      const hasher = createHasher()
      return {
        write(bytes) {
          hasher.update(bytes)
          file.write(bytes)
        },
        commit: async () => ({ ...file.content(), digest: hasher.digest() }),
        abort() {},
      }
    },
  }
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
