/** Media types of image-spec media-types.md, and Docker's counterparts. */
export const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const

export const isManifestType = (mediaType: string): boolean => mediaType === MEDIA.manifest || mediaType === MEDIA.dockerManifest
export const isIndexType = (mediaType: string): boolean => mediaType === MEDIA.index || mediaType === MEDIA.dockerList

/** Annotations with a meaning for tools. */
export const ANNOTATION = {
  /** The tag of an entry of a layout (image-spec annotations.md). */
  refName: 'org.opencontainers.image.ref.name',
  /** The full name, as containerd and BuildKit write it. */
  containerdName: 'io.containerd.image.name',
  /** What an image is built on: digest of its manifest, and its name (image-spec annotations.md). */
  baseDigest: 'org.opencontainers.image.base.digest',
  baseName: 'org.opencontainers.image.base.name',
  /** BuildKit marks manifests that are no images (attestations) with it. */
  referenceType: 'vnd.docker.reference.type',
} as const
