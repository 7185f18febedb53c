import { layerSnapshot, writeLayer } from '@layerwright/layer'
import { emptySnapshot, type Snapshot, upperChanges } from '@layerwright/vfs'
import { type WriteHostTreeOptions, writeHostTree } from '@layerwright/vfs/node'
import { ImageError } from '../../errors.js'
import type { StoredImage } from '../../types.js'
import { isThere, namesIn, writeNewFile } from '../files.js'

export type RootfsTarget =
  /** One tar of the merged tree. */
  | { readonly tar: string }
  /** A folder, which must be new or empty. Ownership is kept where `host.ownership` says so (needs the rights). */
  | { readonly dir: string; readonly host?: WriteHostTreeOptions }

/**
 * Writes the merged tree of an image, or any tree: what `docker export` gives, without a container.
 * @throws ImageError FILE_EXISTS for a folder that holds something; FsError from the host
 */
export async function writeRootfs(image: StoredImage | Snapshot, target: RootfsTarget): Promise<void> {
  const tree = 'unpacked' in image ? layerSnapshot(image.unpacked) : image
  if ('tar' in target) {
    await writeNewFile(target.tar, async (file) => {
      await writeLayer(upperChanges(emptySnapshot(), tree), (bytes) => file.write(bytes))
    })
    return
  }
  if (isThere(target.dir) && namesIn(target.dir).length > 0)
    throw new ImageError('FILE_EXISTS', target.dir, `${target.dir} is not empty: name a new folder, nothing was written`)
  await writeHostTree(tree, target.dir, target.host)
}
