import { MEDIA } from '@layerwright/image'

const DOCKER: ReadonlyMap<string, string> = new Map([
  [MEDIA.config, MEDIA.dockerConfig],
  [MEDIA.layer, 'application/vnd.docker.image.rootfs.diff.tar'],
  [MEDIA.layerGzip, 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  [MEDIA.layerZstd, 'application/vnd.docker.image.rootfs.diff.tar.zstd'],
])

/** Docker's name for the same thing; types without one stay. */
export const toDockerType = (mediaType: string): string => DOCKER.get(mediaType) ?? mediaType

/** Layers that are not to be passed on: they are fetched from where their maker has them (image-spec, "Non-Distributable Layers"). */
export const isForeign = (mediaType: string): boolean => /\.(?:nondistributable|foreign)\./.test(mediaType)
