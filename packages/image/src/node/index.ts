import { decompress } from '@layerwright/layer/node'
import type { Store } from '@layerwright/store'
import { type Image, type ImportImageOptions, importImage as importWith, type StoredImage } from '../index.js'

export { newArtifactArchive, openArtifactArchive } from './artifacts/archive.js'
export { layoutArtifacts } from './artifacts/layout.js'
export type { ArtifactPlace } from './artifacts/types.js'
export { compressors } from './compressors.js'
export { openDockerArchive } from './read/docker-archive.js'
export { openLayout } from './read/layout.js'
export { openOciArchive } from './read/oci-archive.js'
export { openImageFile } from './read/open.js'
export { validateImage, validateImageFile } from './validate.js'
export type { ExportOptions } from './write/compressed.js'
export { type DockerArchiveOptions, writeDockerArchive } from './write/docker-archive.js'
export type { LayoutOptions } from './write/index-document.js'
export { writeLayout } from './write/layout.js'
export { writeOciArchive } from './write/oci-archive.js'
export { type RootfsTarget, writeRootfs } from './write/rootfs.js'

/** As `importImage` of the main entry, with the decoders of Node. */
export const importImage = (store: Store, image: Image, options: ImportImageOptions = {}): Promise<StoredImage> =>
  importWith(store, image, { decompress, ...options })
