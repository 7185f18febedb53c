import type { Digest } from '@layerwright/digest'
import type { Layer } from '@layerwright/layer'
import type { Content } from '@layerwright/vfs'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** OCI content descriptor (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
}

/** An OCI image config (image-spec config.md) with Docker's additions; unknown fields are kept as they are. */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly created?: string
  readonly author?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly HistoryEntry[]
}

export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/** OCI image manifest (image-spec manifest.md). */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** A layer of an image as it travels: compressed or not, with what its manifest says of it. */
export interface ImageLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
  /** The bytes as described: compressed where the media type says so. */
  readonly content: Content
}

/** One image for one platform. Immutable; `digest` is that of its manifest over uncompressed layers when we made it. */
export interface Image {
  /** Digest of the manifest's bytes. */
  readonly digest: Digest
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly config: ImageConfig
  readonly configBytes: Uint8Array
  /** In order, lowest first. */
  readonly layers: readonly ImageLayer[]
  readonly platform: Platform
}

/** An image whose layers are in the local store, uncompressed and indexed, ready to be built upon. */
export interface StoredImage extends Image {
  /** Lowest first; same order as `layers`. */
  readonly unpacked: readonly Layer[]
}
