import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Compression, detectCompression, MAGIC_BYTES, readTar, TarError, tarTree } from '@layerwright/layer'
import { decompress } from '@layerwright/layer/node'
import { type Content, lookup, readAll, type Snapshot } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { newFile, openFile } from '../files.js'

/** The files in a tar, found by path; links in it are followed inside it. */
export interface Archive {
  readonly path: string
  file(name: string): Content | undefined
  /** A small file whole. @throws ImageError ARCHIVE_INVALID when it is missing or larger than `most` bytes */
  document(name: string, most: number): Promise<Uint8Array>
  close(): void
}

/**
 * Opens a tar, plain or compressed. A compressed one is unpacked into a temporary file, because images are read in any order.
 * @throws ImageError FILE_MISSING, ARCHIVE_TRUNCATED, ARCHIVE_INVALID; CompressionError
 */
export async function openArchive(path: string): Promise<Archive> {
  const file = openFile(path)
  let closing = file.close
  try {
    const first = new Uint8Array(MAGIC_BYTES)
    const kind = detectCompression(first.subarray(0, file.content.readInto!(first, 0)))
    let { content } = file
    if (kind !== 'none') {
      const plain = await unpack(content, kind)
      content = plain.content
      closing = () => {
        file.close()
        plain.close()
      }
    }
    const tree = await readTree(content, path)
    return archiveOf(tree, path, closing)
  } catch (error) {
    closing()
    throw error
  }
}

async function readTree(content: Content, path: string): Promise<Snapshot> {
  try {
    return tarTree(await readTar(content))
  } catch (error) {
    if (!(error instanceof TarError)) throw error
    const truncated = error.code === 'TAR_TRUNCATED'
    throw new ImageError(
      truncated ? 'ARCHIVE_TRUNCATED' : 'ARCHIVE_INVALID',
      path,
      truncated
        ? `${path} is cut off: the download or the copy did not finish; get it again`
        : `${path} is no readable tar archive: ${error.message}`,
      { cause: error },
    )
  }
}

function archiveOf(tree: Snapshot, path: string, close: () => void): Archive {
  const file = (name: string): Content | undefined => {
    const found = lookup(tree, name)
    return found?.type === 'file' ? found.content : undefined
  }
  return {
    path,
    file,
    async document(name, most) {
      const content = file(name)
      if (!content)
        throw new ImageError('ARCHIVE_INVALID', path, `${path} has no ${name}: it is not the kind of archive that it is taken for`)
      if (content.size > most)
        throw new ImageError('DOCUMENT_TOO_LARGE', path, `${name} in ${path} has ${content.size} bytes; at most ${most} are read`)
      return readAll(content)
    },
    close,
  }
}

/** The file is removed at once where the system keeps open files alive, and at close everywhere. */
async function unpack(content: Content, kind: Compression): Promise<{ readonly content: Content; close(): void }> {
  const file = newFile(join(tmpdir(), 'layerwright-archive'))
  try {
    for await (const chunk of decompress(content.stream(), kind)) file.write(chunk)
  } catch (error) {
    file.drop()
    throw error
  }
  return { content: file.content(), close: file.drop }
}
