import { hexOf } from '@layerwright/digest'
import { imageLimits } from '../../limits.js'
import type { ImageSource } from '../../types.js'
import { type Archive, openArchive } from './archive.js'
import { checkLayoutFile, indexSource } from './source.js'

/**
 * An OCI layout in a tar, as `docker buildx build --output type=oci` and `skopeo copy … oci-archive:` write it.
 * @throws ImageError FILE_MISSING, ARCHIVE_TRUNCATED, ARCHIVE_INVALID, LAYOUT_INVALID
 */
export async function openOciArchive(file: string): Promise<ImageSource> {
  return ociSource(await openArchive(file))
}

/** The source over an archive that is open; closes it when it is no such archive. */
export async function ociSource(archive: Archive): Promise<ImageSource> {
  try {
    checkLayoutFile(await archive.document('oci-layout', 4096), archive.path)
    const index = await archive.document('index.json', imageLimits.manifestBytes)
    return indexSource({ blob: async ({ digest }) => archive.file(`blobs/sha256/${hexOf(digest)}`) }, index, archive.path, archive.close)
  } catch (error) {
    archive.close()
    throw error
  }
}
