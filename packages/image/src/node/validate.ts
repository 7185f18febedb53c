import { join } from 'node:path'
import { hexOf, sha256 } from '@layerwright/digest'
import { decompress } from '@layerwright/layer/node'
import {
  type BlobSource,
  type Image,
  ImageError,
  type ImageFault,
  imageLimits,
  MEDIA,
  validateBlobs,
  validateImage as validateWith,
} from '../index.js'
import { isFolder, readSmall } from './files.js'
import { openArchive } from './read/archive.js'
import { dockerSource } from './read/docker-archive.js'
import { layoutBlobs } from './read/layout.js'
import { checkLayoutFile } from './read/source.js'

/** As `validateImage` of the main entry, with the decoders of Node. */
export const validateImage = (image: Image): Promise<ImageFault[]> => validateWith(image, { decompress })

/**
 * Everything that is wrong with the images in a layout, an OCI archive or a docker-archive, all at once. A file that is none of them is one fault.
 * @throws ImageError FILE_MISSING
 */
export async function validateImageFile(path: string): Promise<ImageFault[]> {
  try {
    return await (isFolder(path) ? layoutFaults(path) : archiveFaults(path))
  } catch (error) {
    if (!(error instanceof ImageError) || error.code === 'FILE_MISSING') throw error
    return [{ code: error.code, subject: path, message: error.message }]
  }
}

function layoutFaults(dir: string): Promise<ImageFault[]> {
  checkLayoutFile(readSmall(join(dir, 'oci-layout')), dir)
  return indexFaults(layoutBlobs(dir), readSmall(join(dir, 'index.json')))
}

async function archiveFaults(path: string): Promise<ImageFault[]> {
  const archive = await openArchive(path)
  try {
    if (archive.file('oci-layout')) {
      checkLayoutFile(await archive.document('oci-layout', 4096), path)
      const blobs: BlobSource = { blob: async ({ digest }) => archive.file(`blobs/sha256/${hexOf(digest)}`) }
      return await indexFaults(blobs, await archive.document('index.json', imageLimits.manifestBytes))
    }
    const source = await dockerSource(archive)
    const faults: ImageFault[] = []
    for (const { descriptor } of await source.list())
      faults.push(...(await validateImage(await source.image({ digest: descriptor.digest }))))
    return faults
  } finally {
    archive.close()
  }
}

/** `index.json` has no descriptor: it is looked at as if one that fits it named it. */
function indexFaults(blobs: BlobSource, bytes: Uint8Array): Promise<ImageFault[]> {
  const root = { mediaType: MEDIA.index, digest: sha256(bytes), size: bytes.length }
  const source: BlobSource = {
    blob: async (descriptor) =>
      descriptor === root
        ? {
            size: bytes.length,
            async *stream(start, end) {
              yield bytes.subarray(start, end)
            },
          }
        : blobs.blob(descriptor),
  }
  return validateBlobs(source, root, { decompress })
}
