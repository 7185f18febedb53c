import { readTar, tarTree } from '@layerwright/layer'
import type { Content } from '@layerwright/vfs'
import type { BuildContext } from '../types.js'
import { snapshotContext } from './memory.js'

/**
 * A plain tar as a build context, what `build -` gets on stdin among them; names that climb are clamped to its root. The bytes stay where they are: a blob of a
 * store, a file, memory. A compressed one is unpacked before (`decompress` of @layerwright/layer).
 * @throws TarError, LayerError, LayerLimitError
 */
export async function tarContext(archive: Content): Promise<BuildContext> {
  return snapshotContext(tarTree(await readTar(archive)))
}
