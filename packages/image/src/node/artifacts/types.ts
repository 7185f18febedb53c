import type { Content } from '@layerwright/vfs'
import type { Descriptor } from '../../types.js'

/** Documents under tags, and the blobs that they name: what an OCI layout holds whose documents need not be images. */
export interface ArtifactPlace {
  /** For messages. */
  readonly name: string
  /** The document under a tag, or with a digest; undefined: there is none. */
  manifest(tag: string): Promise<Uint8Array | undefined>
  /** Verified while it is read. @throws ImageError BLOB_MISSING */
  blob(descriptor: Descriptor): Content
  putBlob(descriptor: Descriptor, content: Content): Promise<void>
  putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<void>
  tags(): AsyncIterable<string>
  /** What was put becomes visible, or whole. */
  flush(): Promise<void>
}
