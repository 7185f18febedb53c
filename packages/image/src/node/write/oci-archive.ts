import { hexOf } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import type { Image } from '../../types.js'
import { verifiedForWriting } from '../../verify.js'
import { scratchBeside } from '../files.js'
import { scratch } from './compressed.js'
import { indexJson, type LayoutOptions, layoutContents, layoutFile } from './index-document.js'
import { writeTar } from './tar.js'

/** Writes images as an OCI archive (a layout in a tar). The file appears when it is complete. */
export async function writeOciArchive(file: string, images: readonly Image[], options: LayoutOptions = {}): Promise<void> {
  const folder = scratchBeside(file)
  const files = scratch(folder.path)
  try {
    const { entries, blobs } = await layoutContents(images, options, files)
    const contents = new Map<string, Content | Uint8Array>([
      ['oci-layout', layoutFile],
      ['index.json', indexJson(entries)],
    ])
    for (const [descriptor, content] of blobs)
      contents.set(`blobs/sha256/${hexOf(descriptor.digest)}`, verifiedForWriting(content, descriptor))
    await writeTar(file, contents)
  } finally {
    files.drop()
    folder.drop()
  }
}
