import { type Digest, sha256 } from '@layerwright/digest'
import type { Layer } from '@layerwright/layer'
import { canonicalJson } from './json.js'
import { MEDIA } from './media-types.js'
import type { ImageConfig, Manifest, Platform, StoredImage } from './types.js'

export interface MakeImageOptions {
  /** `rootfs` may be anything: it is set from the layers. */
  readonly config: Omit<ImageConfig, 'rootfs'> & { readonly rootfs?: unknown }
  /** Lowest first. */
  readonly layers: readonly Layer[]
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * An image over layers: config and manifest as canonical JSON (keys sorted), the manifest over the *uncompressed* layers. So the same layers and config
 * have the same digest everywhere; what a compressed export is called depends on the zlib that made it.
 */
export function makeImage({ config: given, layers, annotations }: MakeImageOptions): StoredImage {
  const config: ImageConfig = { ...given, rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) } }
  return assemble(config, canonicalJson(config), layers, annotations)
}

/** An image over layers, whose config bytes are kept as they came. */
export function assemble(
  config: ImageConfig,
  configBytes: Uint8Array,
  layers: readonly Layer[],
  annotations: Manifest['annotations'],
): StoredImage {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: sha256(configBytes), size: configBytes.length },
    layers: layers.map((layer) => ({ mediaType: MEDIA.layer, digest: layer.diffId, size: layer.blob.size })),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  const manifestBytes = canonicalJson(manifest)
  return storedImage({ digest: sha256(manifestBytes), manifest, manifestBytes, config, configBytes }, layers)
}

/** The noun, over layers of a store that are the manifest's own. */
export function storedImage(
  documents: {
    readonly digest: Digest
    readonly manifest: Manifest
    readonly manifestBytes: Uint8Array
    readonly config: ImageConfig
    readonly configBytes: Uint8Array
  },
  layers: readonly Layer[],
): StoredImage {
  return {
    ...documents,
    layers: layers.map((layer, i) => ({ descriptor: documents.manifest.layers[i]!, diffId: layer.diffId, content: layer.blob })),
    platform: platformOf(documents.config),
    unpacked: layers,
  }
}

export const platformOf = ({ os, architecture, variant }: ImageConfig): Platform => ({ os, architecture, ...(variant ? { variant } : {}) })
