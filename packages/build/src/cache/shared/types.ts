import type { Descriptor, ImageLayer } from '@layerwright/image'
import type { Content } from '@layerwright/vfs'

/**
 * Where cache entries lie under names of their own: a repository of a registry, an OCI layout. Several builders may write to one at a time: each entry has its
 * own tag, so none takes away what another has put there.
 */
export interface CachePlace {
  /** For messages; without credentials. */
  readonly name: string
  /** The manifest under a tag; undefined: there is none. One request. */
  manifest(tag: string): Promise<Uint8Array | undefined>
  /** The bytes of a blob, read when they are wanted. Whether they are the right ones is for the reader to see. */
  blob(descriptor: Descriptor): Content
  /** Brings a blob, unless it is there. */
  putBlob(descriptor: Descriptor, content: Content): Promise<void>
  /** Puts a manifest whose blobs are there under a tag. */
  putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<void>
  /** All tags. */
  tags(): AsyncIterable<string>
  /** Called once after the last `put`: what was gathered becomes visible. */
  flush?(): Promise<void>
}

/** A place that a build looks into. */
export interface CacheFrom {
  readonly place: CachePlace
  /** Whose entries are taken; everybody's when absent. */
  readonly producers?: readonly string[]
  /** A tag of the place that may be an image with an inline cache. */
  readonly image?: string
}

/** A place that a build's results are brought to. */
export interface CacheTo {
  readonly place: CachePlace
  /** `min` (default): the steps whose layers are in the images. `max`: those of all stages. */
  readonly mode?: 'min' | 'max'
  /** Who makes the entries, for those who only take some producers'. Default `layerwright`. */
  readonly producer?: string
  /** Gives a layer as it is to travel; `layerForms` of @layerwright/image makes such functions. Default: uncompressed. */
  readonly form?: (layer: ImageLayer) => Promise<Pick<ImageLayer, 'descriptor' | 'content'>>
}
