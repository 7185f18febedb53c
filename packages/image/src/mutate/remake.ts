import { sha256 } from '@layerwright/digest'
import { canonicalJson } from '../json.js'
import { platformOf } from '../make.js'
import type { Descriptor, HistoryEntry, Image, ImageConfig, ImageLayer, Manifest } from '../types.js'

/** What of an image is another; the rest stays. */
export interface Remake {
  /** Without `rootfs`, which follows the layers. */
  readonly config?: Omit<ImageConfig, 'rootfs'>
  readonly layers?: readonly ImageLayer[]
  readonly annotations?: Manifest['annotations']
}

/** An image whose documents were written anew: canonical JSON, digests and sizes as they are now. The given image is not changed. */
export function remade(image: Image, change: Remake): Image {
  const layers = change.layers ?? image.layers
  const config: ImageConfig = {
    ...(change.config ?? image.config),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  }
  const configBytes = canonicalJson(config)
  const described: Descriptor = { ...image.manifest.config, digest: sha256(configBytes), size: configBytes.length }
  const { annotations: before, ...rest } = image.manifest
  const annotations = 'annotations' in change ? change.annotations : before
  const manifest: Manifest = {
    ...rest,
    config: described,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  const manifestBytes = canonicalJson(manifest)
  return { digest: sha256(manifestBytes), manifest, manifestBytes, config, configBytes, layers, platform: platformOf(config) }
}

/** Whether a history speaks of every layer; one that does not can't be added to without a lie. */
export const tellsAll = (history: readonly HistoryEntry[] | undefined, layers: number): boolean =>
  (history ?? []).filter(({ empty_layer }) => !empty_layer).length === layers
