import { writeLayer } from '@layerwright/layer'
import { type Content, type DirInode, dirInode, emptySnapshot, fileInode, type Inode, memoryContent, upperChanges } from '@layerwright/vfs'
import { type NewFile, writeNewFile } from '../files.js'

/**
 * Writes files as a tar, sorted, owners 0, all times the same: the same contents give the same archive.
 * `mtimeSeconds`: default 0.
 */
export async function writeTar(file: string, contents: ReadonlyMap<string, Content | Uint8Array>, mtimeSeconds = 0): Promise<void> {
  await writeNewFile(file, (out) => writeTarInto(out, contents, mtimeSeconds))
}

async function writeTarInto(out: NewFile, contents: ReadonlyMap<string, Content | Uint8Array>, mtimeSeconds: number): Promise<void> {
  const mtimeNs = BigInt(mtimeSeconds) * 1_000_000_000n
  const root = dirInode(new Map<string, Inode>(), { mtimeNs })
  for (const [path, content] of contents) {
    const parts = path.split('/')
    const name = parts.pop()!
    let dir: DirInode = root
    for (const part of parts) {
      const entries = dir.entries as Map<string, Inode>
      const next = entries.get(part)
      const child = next?.type === 'dir' ? next : dirInode(new Map<string, Inode>(), { mtimeNs })
      entries.set(part, child)
      dir = child
    }
    const inode = fileInode(content instanceof Uint8Array ? memoryContent(content) : content, { mtimeNs })
    ;(dir.entries as Map<string, Inode>).set(name, inode)
  }
  await writeLayer(upperChanges(emptySnapshot(), root), (bytes) => out.write(bytes))
}
