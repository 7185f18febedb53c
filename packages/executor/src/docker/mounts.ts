/**
 * Mounts of a request on an engine that may be on another machine. A tree in memory becomes a volume of the engine for as long as the command runs: it is filled
 * through a container that is never started, and read back where it may be written to. A volume holds directories: for one file, a link in the container
 * points into the volume, and the bytes never get into a layer. A folder of this machine is bound where the engine is on this machine.
 *
 * Everything is worked out from frozen trees before the command runs (S22, S29).
 */
import { readTar, tarTree } from '@layerwright/layer'
import {
  type DirInode,
  dirInode,
  fileInode,
  type Inode,
  type LayerChange,
  memoryContent,
  mountView,
  type Overlay,
  resolvePath,
  type Snapshot,
  symlinkInode,
  walk,
} from '@layerwright/vfs'
import type { HostFolder } from '@layerwright/vfs/node'
import type Docker from 'dockerode'
import { ExecutorError, RunOptionUnsupportedError } from '../errors.js'
import type { ExecMount, RequestFile } from '../types.js'
import type { Engine } from './gate.js'
import { mergeTree } from './merge.js'
import type { Spool } from './spool.js'

/** Where volumes of single files are mounted: links point there. */
const FILES = '/.layerwright'

interface Volume {
  readonly target: string
  readonly readonly: boolean
  readonly tree: DirInode
  /** Takes over what was written. */
  readonly merge?: (after: DirInode) => Promise<void>
}

export interface PreparedMounts {
  readonly binds: readonly Docker.MountSettings[]
  readonly volumes: readonly Volume[]
  readonly tmpfs: Readonly<Record<string, string>>
  /** What is put into the container before it starts, by absolute path: links into volumes, and the directories that tmpfs lie on. */
  readonly stubs: ReadonlyMap<string, Inode>
  /** Whether something at this path was put there for the mounts. */
  isOurs(path: string): boolean
}

const isHostFolder = (source: ExecMount['source']): source is HostFolder => 'place' in source
const isOverlay = (source: ExecMount['source']): source is Overlay => 'driver' in source

/** @throws ExecutorError for what an engine has no means for */
export function prepareMounts({ local }: Engine, mounts: readonly ExecMount[], files: readonly RequestFile[]): PreparedMounts {
  const binds: Docker.MountSettings[] = []
  const volumes: Volume[] = []
  const tmpfs: Record<string, string> = Object.create(null)
  const stubs = new Map<string, Inode>()
  const trees = new Map<Overlay, Snapshot>()

  const hold = (target: string, inode: Inode, readonly: boolean, merge?: Volume['merge']): void => {
    const at = `${FILES}/${volumes.length}`
    stubs.set(target, symlinkInode(`${at}/file`))
    const volume = { target: at, readonly, tree: dirInode(new Map([['file', inode]])) }
    volumes.push(merge ? { ...volume, merge } : volume)
  }

  for (const { target, source, subpath, readonly = false, noexec = false, scratch, socket } of mounts) {
    if (socket !== undefined) throw new RunOptionUnsupportedError('socket', 'an engine may be on another machine')
    if (isHostFolder(source)) {
      if (!local)
        throw new ExecutorError(
          'MOUNT_UNSUPPORTED',
          `the folder mounted at ${target} is on this machine, and the engine is not: copy it into a volume`,
        )
      binds.push({ Type: 'bind', Target: target, Source: hostPlace(source, subpath), ReadOnly: readonly || source.readonly === true })
      continue
    }
    if (!isOverlay(source))
      throw new ExecutorError('MOUNT_UNSUPPORTED', `the filesystem mounted at ${target} is neither a host folder nor an overlay`)
    // The engine makes directories itself that it mounts on or starts in.
    if (scratch && [...walk(source.freeze())].every(({ inode }) => inode.type === 'dir')) {
      const { mode, uid, gid } = mountView(source).stat('/')
      const size = scratch.size === undefined ? '' : `,size=${scratch.size}`
      tmpfs[target] =
        `${readonly ? 'ro' : 'rw'},nosuid,nodev,${noexec ? 'noexec' : 'exec'},mode=${mode.toString(8)},uid=${uid},gid=${gid}${size}`
      // runc gives a tmpfs the mode of what it is mounted on
      stubs.set(target, dirInode(new Map(), { mode, uid, gid }))
      continue
    }
    if (noexec) throw new ExecutorError('MOUNT_UNSUPPORTED', `the mount at ${target} is noexec: volumes of an engine cannot be`)
    const tree = trees.get(source) ?? source.freeze()
    trees.set(source, tree)
    const found = resolvePath(tree, subpath === undefined || subpath === '' ? '/' : subpath)
    if (!found) throw new ExecutorError('MOUNT_SOURCE_MISSING', `the source of the mount at ${target} has no ${subpath}`)
    const { path, inode } = found
    const at = path === '/' ? '' : path
    if (inode.type === 'dir') {
      const merge = (after: DirInode) => mergeTree({ overlay: source, at, root: true }, inode, after)
      volumes.push({ target, readonly, tree: inode, ...(readonly ? {} : { merge }) })
    } else {
      const folder = at.slice(0, at.lastIndexOf('/'))
      const name = at.slice(folder.length + 1)
      const merge = async (after: DirInode) => {
        const now = after.entries.get('file')
        const entries = (only: Inode) => dirInode(new Map([[name, only]]), mountView(source).stat(folder === '' ? '/' : folder))
        if (now) await mergeTree({ overlay: source, at: folder }, entries(inode), entries(now))
      }
      hold(target, inode, readonly, readonly ? undefined : merge)
    }
  }
  addFiles(files, volumes, hold)
  // Shallow ones first: the deeper are mounted in them.
  volumes.sort((a, b) => a.target.split('/').length - b.target.split('/').length)
  return { binds, volumes, tmpfs, stubs, isOurs: (path) => path === FILES || stubs.has(path) }
}

/** Files beside the tree. /dev is a filesystem of the engine's, which has no place for links: there, their directory is a volume. */
function addFiles(files: readonly RequestFile[], volumes: Volume[], hold: (target: string, inode: Inode, readonly: boolean) => void): void {
  const devices = new Map<string, Map<string, Inode>>()
  for (const { path, bytes, mode = 0o755 } of files) {
    const inode = fileInode(memoryContent(bytes), { mode })
    const slash = path.lastIndexOf('/')
    const folder = path.slice(0, slash)
    if (path.split('/')[1] !== 'dev') {
      hold(path, inode, true)
      continue
    }
    const entries = devices.get(folder) ?? new Map()
    devices.set(folder, entries.set(path.slice(slash + 1), inode))
  }
  for (const [target, entries] of devices) volumes.push({ target, readonly: true, tree: dirInode(entries) })
}

function hostPlace(source: HostFolder, subpath: string | undefined): string {
  let node = source.root
  for (const name of subpath ? mountView(source).realpath(subpath).split('/').filter(Boolean) : []) {
    const next = source.lookup(node, name)
    if (!next) throw new ExecutorError('MOUNT_SOURCE_MISSING', `the bound folder has no ${subpath}`)
    node = next
  }
  return source.place(node).path
}

/** The stubs as a tar for the root of a container. */
export async function stubsArchive({ stubs }: PreparedMounts, spool: Spool) {
  return (await spool.write([...stubs].map(([path, inode]) => ({ path: path.slice(1), inode })))).stream()
}

/** Fills the volumes, named in their order, through a container of `image` that never runs. */
export async function fillVolumes({ docker }: Engine, volumes: readonly Volume[], names: readonly string[], image: string, spool: Spool) {
  if (volumes.length === 0) return
  // Each at a place of its own: mounted in each other they could not be told apart.
  const place = `${FILES}/fill`
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/'],
    HostConfig: { NetworkMode: 'none', Mounts: names.map((Source, index) => ({ Type: 'volume', Source, Target: `${place}/${index}` })) },
  })
  try {
    const changes = volumes.flatMap(({ tree }, index): LayerChange[] => [
      // the volume's own directory has its attributes from the member that names it
      { path: String(index), inode: tree },
      ...[...walk(tree)].map(({ path, inode }) => ({ path: `${index}/${path}`, inode })),
    ])
    await container.putArchive((await spool.write(changes)).stream(), { path: place })
  } finally {
    await container.remove({ force: true })
  }
}

/** What the volumes that may be written to hold now. */
export async function readVolumes(container: Docker.Container, volumes: readonly Volume[], spool: Spool): Promise<void> {
  for (const { target, merge } of volumes) {
    if (!merge) continue
    const { content } = await spool.receive(await container.getArchive({ path: `${target}/.` }))
    await merge(tarTree(await readTar(content)))
  }
}
