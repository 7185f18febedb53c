import { join } from 'node:path'
import { hexOf } from '@layerwright/digest'
import { ImageError } from '../../errors.js'
import type { BlobSource, ImageSource } from '../../types.js'
import { fileContent, isFolder, isThere, readSmall } from '../files.js'
import { checkLayoutFile, indexSource } from './source.js'

/** The blobs of a layout folder. Paths come from digests only (S26). */
export const layoutBlobs = (dir: string): BlobSource => ({
  blob: async ({ digest }) => fileContent(join(dir, 'blobs', 'sha256', hexOf(digest))),
})

/**
 * An OCI image layout in a folder.
 * @throws ImageError FILE_MISSING, LAYOUT_INVALID
 */
export async function openLayout(dir: string): Promise<ImageSource> {
  if (!isFolder(dir) || !isThere(join(dir, 'oci-layout')))
    throw new ImageError('LAYOUT_INVALID', dir, `${dir} is no OCI layout: it has no file "oci-layout"`)
  checkLayoutFile(readSmall(join(dir, 'oci-layout')), dir)
  return indexSource(layoutBlobs(dir), readSmall(join(dir, 'index.json')), dir, () => {})
}
