import { createOverlay, emptySnapshot, lookup, readAll, type Snapshot } from '@layerwright/vfs'
import { cleanPath, parentOf } from '../paths.js'
import type { BuildContext } from '../types.js'
import { narrowTree } from './narrow.js'

/** A file of a context in memory. */
export interface MemoryFile {
  readonly content: string | Uint8Array
  /** Permission bits; default 0o644. */
  readonly mode?: number
}

/**
 * A build context from an object or Map: paths to contents. Parent directories are made with mode 0755; everything belongs to root.
 *
 *     build({ context: memoryContext({ Dockerfile: 'FROM scratch\nCOPY a.txt /\n', 'a.txt': 'hello' }), … })
 */
export function memoryContext(
  files: Readonly<Record<string, string | Uint8Array | MemoryFile>> | ReadonlyMap<string, string | Uint8Array | MemoryFile>,
): BuildContext {
  const overlay = createOverlay(emptySnapshot(), { now: () => 0n })
  for (const [name, value] of files instanceof Map ? files : Object.entries(files)) {
    const path = cleanPath(name)
    overlay.mkdir(parentOf(path), { recursive: true })
    const { content, mode } = typeof value === 'string' || value instanceof Uint8Array ? { content: value, mode: undefined } : value
    overlay.writeFile(path, content, { mode: mode ?? 0o644 })
  }
  return snapshotContext(overlay.freeze())
}

/** A build context from any frozen tree: an image's, another build's, or one made with an overlay. */
export function snapshotContext(snapshot: Snapshot): BuildContext {
  return {
    async readFile(path) {
      const inode = lookup(snapshot, cleanPath(path), { follow: true })
      return inode?.type === 'file' ? readAll(inode.content) : undefined
    },
    async snapshot({ filter, mtimeNs }) {
      return narrowTree(snapshot, filter, mtimeNs)
    },
  }
}
