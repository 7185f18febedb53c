/**
 * Trees of a rootless sandbox. What belongs to subordinate ids, or has a mode that shuts its owner out, this process can neither make nor
 * read: GNU tar does it, as root of the same user namespace that commands run in. Archives are written from our own trees, where every
 * parent is a real directory, and unpacked into a folder that was made a moment before and that nobody else can enter (S2, S5, S12).
 */
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { readTar, tarTree, writeLayer } from '@layerwright/layer'
import { deviceInode, dirInode, type Inode, type LayerChange, type Snapshot, type Xattrs } from '@layerwright/vfs'
import { hostContent } from '@layerwright/vfs/node'
import { runTool, runToolOn } from './gate.js'
import { checkOwners, type Ids, namespaceOf } from './ids.js'
import { canHold } from './xattrs.js'

const inNamespace = (ids: Ids, ...argv: string[]): [string, ...string[]] => ['unshare', ...namespaceOf(ids), ...argv]

/**
 * As `extractChanges`, for whom the machine gives no device nodes: those of an image are left out of the folder, and stay in the tree.
 * @throws IdUnavailableError for an owner that is out of the range
 */
export async function extractInNamespace(
  changes: Iterable<LayerChange>,
  folder: string,
  { ids, root, signal }: { readonly ids: Ids; readonly root: Snapshot; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const prefix = basename(folder)
  const archive = `${folder}.tar`
  mkdirSync(folder, { mode: 0o700 })
  const fd = openSync(archive, 'wx+', 0o600)
  try {
    await writeLayer(members(changes, prefix, root, ids), (bytes) => writeAll(fd, bytes), { digests: false, ...(signal ? { signal } : {}) })
    const owners = ids.kind === 'range' ? ['--same-owner', '--numeric-owner'] : ['--no-same-owner']
    const options = ['--same-permissions', ...owners, '--xattrs', '--xattrs-include=*', '--delay-directory-restore']
    const input = openSync(archive, 'r')
    try {
      await runToolOn(inNamespace(ids, 'tar', '--extract', '--file=-', '--directory', dirname(folder), ...options), { stdin: input })
    } finally {
      closeSync(input)
    }
  } finally {
    closeSync(fd)
    rmSync(archive, { force: true })
  }
}

function* members(changes: Iterable<LayerChange>, prefix: string, root: Snapshot, ids: Ids): Generator<LayerChange> {
  const known = new Map<Inode, Inode>()
  // Hard links are one object: so must be what stands for them.
  const held = (inode: Inode): Inode => {
    let other = known.get(inode)
    if (!other) {
      other = withXattrs(inode, ids)
      known.set(inode, other)
    }
    return other
  }
  const top = { path: '', inode: dirInode(new Map(), { ...root }) }
  for (const change of [top, ...changes]) {
    const { path, inode } = change
    if (ids.kind === 'range') checkOwners(ids, change)
    if (inode && 'major' in inode && !(inode.major === 0 && inode.minor === 0)) continue
    yield { path: path === '' ? prefix : `${prefix}/${path}`, inode: inode === null ? WHITEOUT : held(inode) }
  }
}

/** All whiteouts of a folder are names of one inode. */
const WHITEOUT = deviceInode('char', 0, 0, { mode: 0o600, mtimeNs: 0n })

function withXattrs(inode: Inode, ids: Ids): Inode {
  const all = inode.xattrs
  if (!all) return inode
  const xattrs: Xattrs = new Map([...all].filter(([name]) => canHold(ids, name)))
  return { ...inode, xattrs }
}

/**
 * What a folder holds, owners as the sandbox sees them.
 * @param archive where its bytes are kept; contents are read from there
 */
export async function readInNamespace(folder: string, archive: string, ids: Ids): Promise<Snapshot> {
  const fd = openSync(archive, 'wx', 0o600)
  try {
    const options = ['--format=posix', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--sort=none']
    await runToolOn(inNamespace(ids, 'tar', '--create', '--file=-', ...options, '--directory', folder, '.'), { stdout: fd })
  } finally {
    closeSync(fd)
  }
  return tarTree(await readTar(hostContent(archive, statSync(archive, { bigint: true }))), { climbing: 'refuse' })
}

/** Synchronous: a process that ends cleans up. */
export const removeInNamespace = (path: string, ids: Ids): void => void runTool(inNamespace(ids, 'rm', '-rf', '--', path))

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}
