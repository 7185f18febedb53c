import type { OpenedTree } from '@layerwright/executor'
import { type FileSystem, type Inode, type LayerChange, mountView, replayChanges, setAttributes } from '@layerwright/vfs'
import { lstatIfAny } from '../scope.js'
import type { LiveTree } from '../state/trees.js'

type Attributes = Pick<Inode, 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'xattrs'>

/**
 * Does changes to a volume, whatever it is at present, and gives its top the attributes `top`. Directories on the way that somebody else took away meanwhile are there again.
 * @throws FsError ENOTSUP for what a folder of the machine cannot be given: device nodes, fifos, extended attributes
 */
export function applyToVolume(volume: LiveTree | OpenedTree, changes: readonly LayerChange[], top?: Attributes): void {
  const fs = 'overlay' in volume ? volume.overlay : mountView(volume.source)
  for (const { path, inode } of changes) {
    const folder = `/${path.slice(0, Math.max(0, path.lastIndexOf('/')))}`
    if (inode !== null && !fs.exists(folder)) fs.mkdir(folder, { recursive: true })
  }
  if ('overlay' in volume) {
    replayChanges(volume.overlay, changes)
    if (top) setAttributes(volume.overlay, '/', top)
    return
  }
  writeChanges(fs, changes)
  if (top) dress(fs, '/', top)
}

function writeChanges(fs: FileSystem, changes: readonly LayerChange[]): void {
  const names = new Map<Inode, string>()
  const dirs: { readonly path: string; readonly inode: Inode }[] = []
  for (const { path: name, inode } of changes) {
    const path = `/${name}`
    const there = lstatIfAny(fs, path)
    if (inode?.type === 'dir') {
      if (there && there.type !== 'dir') fs.unlink(path)
      if (there?.type !== 'dir') fs.mkdir(path)
      dirs.push({ path, inode })
      continue
    }
    if (there) fs.rm(path, { recursive: true })
    if (inode === null) continue
    const first = names.get(inode)
    if (first !== undefined) fs.link(first, path)
    else {
      make(fs, path, inode)
      names.set(inode, path)
    }
  }
  // Children first: every change in a directory sets its time.
  for (const { path, inode } of dirs.reverse()) dress(fs, path, inode)
}

function make(fs: FileSystem, path: string, inode: Inode): void {
  if (inode.type === 'file') fs.writeFile(path, inode.content)
  else if (inode.type === 'symlink') fs.symlink(inode.target, path)
  else if (inode.type !== 'dir') fs.mknod(path, { ...inode, type: inode.type })
  dress(fs, path, inode)
}

function dress(fs: FileSystem, path: string, { mode, uid, gid, mtimeNs, xattrs }: Attributes): void {
  const there = fs.lstat(path)
  if (there.uid !== uid || there.gid !== gid) fs.chown(path, uid, gid, { nofollow: true })
  if (there.type !== 'symlink') fs.chmod(path, mode)
  for (const [name, value] of xattrs ?? []) fs.setxattr(path, name, value, { nofollow: true })
  fs.utimes(path, mtimeNs, { nofollow: true })
}
