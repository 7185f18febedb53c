/**
 * Changes of a tree as a folder that overlayfs can mount: whiteouts are character devices 0/0, everything else lies there as it is.
 * The folder is made by `writeHostTree`, which follows no link and reaches nothing outside of it (S2, S5, S11, S12). What Node cannot
 * make is added afterwards by name inside that fresh folder, which nobody else can enter: all parents in it are real directories.
 */
import { chmodSync, lchownSync, linkSync, lutimesSync, mkdirSync, renameSync, utimesSync } from 'node:fs'
import {
  type Attributes,
  applyChanges,
  type DeviceInode,
  emptySnapshot,
  encodeName,
  type Inode,
  type LayerChange,
  type Xattrs,
} from '@layerwright/vfs'
import { writeHostTree } from '@layerwright/vfs/node'
import { runTool } from './gate.js'
import { type Ids, isRootless } from './ids.js'
import { extractInNamespace } from './namespaced.js'
import { remove } from './run-folder.js'
import { canHold, setXattr } from './xattrs.js'

export interface ExtractOptions {
  /** Whose files there can be. */
  readonly ids: Ids
  /** What the folder itself is like; it has no entry among changes. */
  readonly root?: Attributes
  readonly signal?: AbortSignal | undefined
}

/** Writes `changes` into the folder `folder`, which must not exist. */
export async function extractChanges(changes: Iterable<LayerChange>, folder: string, options: ExtractOptions): Promise<void> {
  const { ids, signal } = options
  if (isRootless(ids)) return extractInNamespace(changes, folder, { ids, root: emptySnapshot(options.root), signal })
  const entries: LayerChange[] = []
  const whiteouts: string[] = []
  for (const change of changes) {
    if (change.inode === null || isWhiteout(change.inode)) whiteouts.push(change.path)
    else entries.push(change)
  }
  const tree = applyChanges(emptySnapshot(options.root), entries)
  const special: [string, Inode][] = []
  const attributes: [string, Xattrs][] = options.root?.xattrs ? [['', options.root.xattrs]] : []
  await writeHostTree(tree, folder, {
    ownership: 'keep',
    ...(signal ? { signal } : {}),
    onUnsupported(path, inode, what) {
      if (what === 'inode') special.push([path, inode])
      else attributes.push([path, inode.xattrs!])
    },
  })
  const touched = new Set<string>()
  const at = (path: string): Buffer => {
    const slash = path.lastIndexOf('/')
    touched.add(slash < 0 ? '' : path.slice(0, slash))
    return placeIn(folder, path)
  }
  for (const [path, inode] of special) makeSpecial(at(path), inode as DeviceInode)
  makeWhiteouts(whiteouts.map(at), folder)
  for (const [path, xattrs] of attributes) {
    for (const [name, value] of xattrs) if (canHold(ids, name)) await setXattr(placeIn(folder, path), `${folder}/${SEED}`, name, value)
  }
  // What was added changed the times of the directories that it lies in.
  const directories = new Map(entries.map(({ path, inode }) => [path, inode!]))
  for (const path of touched) {
    const { mtimeNs } = directories.get(path) ?? tree
    const seconds = Number(mtimeNs) / 1e9
    utimesSync(placeIn(folder, path), seconds, seconds)
  }
}

/** The path of a name in a folder, as bytes: a name need not be UTF-8. */
export function placeIn(folder: string, path: string): Buffer {
  return path === '' ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), encodeName(path)])
}

export const isWhiteout = (inode: Inode): boolean => inode.type === 'char' && inode.major === 0 && inode.minor === 0

/** Whiteouts of one folder are one inode with many names, as the kernel itself makes them. */
function makeWhiteouts(paths: readonly Buffer[], folder: string): void {
  const [first, ...rest] = paths
  if (!first) return
  runTool(['mknod', '--', `${folder}/${SEED}`, 'c', '0', '0'])
  renameSync(`${folder}/${SEED}`, first)
  for (const path of rest) linkSync(first, path)
}
/** No name of a layer: those must not begin with `.wh.`. */
const SEED = '.wh.seed'

function makeSpecial(place: Buffer, inode: Inode): void {
  const numbers =
    inode.type === 'fifo'
      ? ['p']
      : [inode.type === 'char' ? 'c' : 'b', String((inode as DeviceInode).major), String((inode as DeviceInode).minor)]
  // Argument vectors of Node are text; the name may be any bytes.
  runTool(['xargs', '-0', 'mknod'], { input: Buffer.concat([Buffer.from('--\0'), place, Buffer.from(`\0${numbers.join('\0')}\0`)]) })
  lchownSync(place, inode.uid, inode.gid)
  chmodSync(place, inode.mode)
  const seconds = Number(inode.mtimeNs) / 1e9
  lutimesSync(place, seconds, seconds)
}

/** Extracts next to its place and moves it there whole: a process that is killed leaves nothing half (S12). Who comes second, loses nothing. */
export async function extractOnce(changes: Iterable<LayerChange>, folder: string, scratch: string, options: ExtractOptions): Promise<void> {
  mkdirSync(scratch, { mode: 0o700, recursive: true })
  const made = `${scratch}/extracting`
  try {
    await extractChanges(changes, made, options)
    try {
      renameSync(made, folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    }
  } finally {
    remove(scratch, options.ids)
  }
}
