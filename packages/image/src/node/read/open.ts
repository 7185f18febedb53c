import { ImageError } from '../../errors.js'
import type { ImageSource } from '../../types.js'
import { isFolder } from '../files.js'
import { openArchive } from './archive.js'
import { dockerSource } from './docker-archive.js'
import { openLayout } from './layout.js'
import { ociSource } from './oci-archive.js'

/**
 * Opens whatever images lie at a path: an OCI layout folder, an OCI archive or a docker-archive (plain or compressed), by looking. An archive that is
 * both, as newer Docker engines write it, is read as OCI.
 * @throws ImageError FILE_MISSING, LAYOUT_INVALID, ARCHIVE_TRUNCATED, ARCHIVE_INVALID
 */
export async function openImageFile(path: string): Promise<ImageSource> {
  if (isFolder(path)) return openLayout(path)
  const archive = await openArchive(path)
  if (archive.file('oci-layout') && archive.file('index.json')) return ociSource(archive)
  if (archive.file('manifest.json') || archive.file('repositories')) return dockerSource(archive)
  archive.close()
  throw new ImageError(
    'ARCHIVE_INVALID',
    path,
    `${path} is a tar, but holds neither an OCI layout nor a docker-archive (no oci-layout, no manifest.json)`,
  )
}
