import { join } from 'node:path'
import { hexOf } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { parseDocument } from '../../documents.js'
import { ImageError } from '../../errors.js'
import { ANNOTATION } from '../../media-types.js'
import type { Descriptor, Image } from '../../types.js'
import { verified } from '../../verify.js'
import { fileContent, isFolder, isThere, makeFolder, namesIn, readSmall, writeNewFile } from '../files.js'
import { checkLayoutFile } from '../read/source.js'
import { scratch } from './compressed.js'
import { indexJson, type LayoutOptions, layoutContents, layoutFile } from './index-document.js'
import { lockIndex } from './index-lock.js'

/**
 * Writes images into an OCI layout folder: a new one, or beside what an existing one holds. Blobs come first, `index.json` last and by rename: whoever reads
 * meanwhile sees the layout as it was or as it will be. An entry with the same names is replaced. Several writers at once on one folder add to it one after the other.
 * @throws ImageError LAYOUT_INVALID when the folder holds something else
 */
export async function writeLayout(dir: string, images: readonly Image[], options: LayoutOptions = {}): Promise<void> {
  existingEntries(dir)
  makeFolder(join(dir, 'blobs', 'sha256'))
  const files = scratch(join(dir, 'blobs'))
  try {
    const { entries, blobs } = await layoutContents(images, options, files)
    for (const [descriptor, content] of blobs) await writeBlob(dir, descriptor, content)
    await lockIndex(dir, async () => {
      const kept = existingEntries(dir).filter((old) => !entries.some((entry) => replaces(entry, old)))
      if (!isThere(join(dir, 'oci-layout'))) await writeNewFile(join(dir, 'oci-layout'), (file) => file.write(layoutFile))
      await writeNewFile(join(dir, 'index.json'), (file) => file.write(indexJson([...kept, ...entries])))
    })
  } finally {
    files.drop()
  }
}

function existingEntries(dir: string): readonly Descriptor[] {
  if (!isThere(dir)) return []
  if (!isFolder(dir)) throw new ImageError('LAYOUT_INVALID', dir, `${dir} is a file: name a folder for the layout`)
  if (!isThere(join(dir, 'oci-layout'))) {
    // what another writer has begun: its blobs, its lock, and files that are not in their places yet
    const stranger = namesIn(dir).find((name) => name !== 'blobs' && !/^\./.test(name))
    if (stranger !== undefined)
      throw new ImageError(
        'LAYOUT_INVALID',
        dir,
        `${dir} holds "${stranger}" and is no OCI layout: name an empty folder or a layout; nothing was changed`,
      )
    return []
  }
  checkLayoutFile(readSmall(join(dir, 'oci-layout')), dir)
  if (!isThere(join(dir, 'index.json'))) return []
  const document = parseDocument(readSmall(join(dir, 'index.json')), `index.json of ${dir}`)
  if (!('index' in document)) throw new ImageError('LAYOUT_INVALID', dir, `${dir} is no OCI layout: its index.json is no index`)
  return document.index.manifests
}

/** An entry takes the place of one with its own name, or of the same image without a name. */
function replaces(entry: Descriptor, old: Descriptor): boolean {
  const names = (one: Descriptor) => [one.annotations?.[ANNOTATION.containerdName], one.annotations?.[ANNOTATION.refName]]
  const [a, b] = [names(entry), names(old)]
  return a[0] === b[0] && a[1] === b[1] && (a[1] !== undefined || entry.digest === old.digest)
}

async function writeBlob(dir: string, descriptor: Descriptor, content: Content): Promise<void> {
  const path = join(dir, 'blobs', 'sha256', hexOf(descriptor.digest))
  if (fileContent(path)?.size === descriptor.size) return
  await writeNewFile(path, async (file) => {
    for await (const chunk of verified(content, descriptor).stream()) file.write(chunk)
  })
}
