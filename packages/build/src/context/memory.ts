import { createOverlay, type DirInode, emptySnapshot, type Inode, lookup, readAll, type Snapshot } from '@layerwright/vfs'
import { cleanPath, parentOf } from '../paths.js'
import type { BuildContext, ContextFilter } from '../types.js'

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
      return narrow(snapshot, filter, mtimeNs)
    },
  }
}

/** A tree without what a filter leaves out, owned by root, with one time for all if asked for. Hard links stay. */
function narrow(root: DirInode, filter: ContextFilter | undefined, mtimeNs: bigint | undefined): DirInode {
  const linked = new Map<Inode, Inode>()
  const own = <T extends Inode>(inode: T): T => ({ ...inode, uid: 0, gid: 0, ...(mtimeNs === undefined ? {} : { mtimeNs }) })
  const visit = (dir: DirInode, prefix: string, parent: unknown): DirInode => {
    const entries = new Map<string, Inode>()
    for (const [name, inode] of dir.entries) {
      const path = prefix ? `${prefix}/${name}` : name
      const { keep, descend, state } = filter?.visit(path, inode.type === 'dir', parent) ?? { keep: true, descend: true, state: undefined }
      if (inode.type === 'dir') {
        const below = keep || descend ? visit(inode, path, state) : undefined
        if (below && (keep || below.entries.size > 0)) entries.set(name, below)
      } else if (keep) {
        const made = linked.get(inode) ?? own(inode)
        linked.set(inode, made)
        entries.set(name, made)
      }
    }
    return { ...own(dir), entries }
  }
  return visit(root, '', undefined)
}
