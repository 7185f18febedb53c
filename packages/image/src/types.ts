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

/** OCI image index (image-spec image-index.md), or Docker's manifest list. */
export interface ImageIndex {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** One image that a source holds. */
export interface ListedImage {
  /** Of the manifest; for a docker-archive, which has none, of the manifest that is made for it. */
  readonly descriptor: Descriptor
  /** Names under which the source knows it, as written there: tags of a layout, `name:tag` of a docker-archive. */
  readonly refs: readonly string[]
  readonly platform: Platform | undefined
}

/** Which image is meant. What is absent does not matter, as long as one image remains. */
export interface ImageSelector {
  readonly platform?: Platform
  readonly ref?: string
  /** Of the manifest, or of the index that holds it. */
  readonly digest?: Digest
}

/** Where images come from. Everything that it gives is verified: documents at once, layers while they are read. */
export interface ImageSource {
  list(): Promise<readonly ListedImage[]>
  /** @throws ImageError IMAGE_NOT_FOUND, PLATFORM_NOT_FOUND, IMAGE_AMBIGUOUS, and what is wrong with the image's documents */
  image(select?: ImageSelector): Promise<Image>
  /** Closes files. Contents of its images can't be read afterwards. */
  close(): void
}

/** Where the documents and layers of an image are fetched: a layout, an archive, a registry, a store. */
export interface BlobSource {
  /** The blob's bytes as they lie there, not verified; undefined when it is not there. */
  blob(descriptor: Descriptor): Promise<Content | undefined>
}

/** What was found wrong by `validateImage`. */
export interface ImageFault {
  readonly code: string
  /** `manifest`, `config`, or `layer 3`. */
  readonly subject: string
  readonly message: string
}
