/**
 * Mounts of a request as folders of the machine. A host folder is bound as it is; a tree in memory is written out, mounted with an overlay of
 * its own where it may be written to, and what was written is merged back afterwards; small read-only files (secrets, scripts) never touch
 * a disk: they are handed to the wrapper through a pipe and lie in a tmpfs of its mount namespace.
 *
 * All of it is worked out from frozen trees before anything runs (S22, S29).
 */
import { chmodSync, closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeLayer } from '@layerwright/layer'
import {
  emptySnapshot,
  fileInode,
  type LayerChange,
  type Mountable,
  memoryContent,
  mountView,
  type Overlay,
  resolvePath,
  type Snapshot,
  textContent,
  upperChanges,
  walk,
} from '@layerwright/vfs'
import type { HostFolder } from '@layerwright/vfs/node'
import { ExecutorError, RunOptionUnsupportedError } from '../errors.js'
import type { ExecMount, RequestFile } from '../types.js'
import { extractChanges } from './extract.js'
import { type Ids, isRootless } from './ids.js'
import type { PassedSocket } from './sockets.js'
import { mergeUpper } from './upper.js'

/** A mount as the runtime gets it. */
export interface RuntimeMount {
  readonly target: string
  /** Relative to the run's folder. */
  readonly source: string
  readonly readonly: boolean
  readonly noexec: boolean
  /** Neither devices nor other users' rights are to be had from what lies there. */
  readonly harmless?: boolean
}

export interface PreparedMounts {
  /** Shallow ones first. */
  readonly mounts: readonly RuntimeMount[]
  /** Overlays of trees that may be written to: folders below the run's, each with `l`, `u`, `w` and `mnt`. */
  readonly overlays: readonly string[]
  /** Filesystems in memory: where, their mount options, and the folder of what is put there, or nothing. */
  readonly scratches: readonly { readonly at: string; readonly options: string; readonly from: string }[]
  /** Host inodes to be bound: where, what, and which inode it has to turn out to be. */
  readonly binds: readonly { readonly at: string; readonly path: string; readonly inode: string }[]
  /** Sockets of the machine: in the folder `a`. */
  readonly sockets: readonly PassedSocket[]
  /** Whether there are files that lie in memory only. */
  readonly inMemory: boolean
  /** A tar of them, by number. @param more others, by name, that only root may read */
  archive(more: ReadonlyMap<string, string>): Promise<Uint8Array>
  /** Those that have a name, and their folders. */
  readonly named: readonly { readonly as: string; readonly at: string }[]
  /** Takes over what was written. */
  merge(): Promise<void>
}

const isHostFolder = (source: Mountable | Overlay): source is HostFolder => 'place' in source
const isOverlay = (source: Mountable | Overlay): source is Overlay => 'driver' in source

interface Written {
  readonly overlay: Overlay
  readonly tree: Snapshot
  readonly at: string
  readonly name: string | undefined
  writable: boolean
}

export async function prepareMounts(
  folder: string,
  mounts: readonly ExecMount[],
  files: readonly RequestFile[],
  /** Files that are no secret and may lie on a disk: that costs less than a filesystem in memory. */
  open: readonly RequestFile[],
  ids: Ids,
): Promise<PreparedMounts> {
  const runtime: RuntimeMount[] = []
  const scratches: { at: string; options: string; from: string }[] = []
  const binds: { at: string; path: string; inode: string }[] = []
  const written = new Map<Overlay, Written>()
  const held: LayerChange[] = []
  const sockets: PassedSocket[] = []

  const hold = (change: LayerChange['inode'] & object): string => {
    held.push({ path: String(held.length), inode: change })
    return `s/${held.length - 1}`
  }
  for (const { target, source, subpath, readonly = false, noexec = false, scratch, socket, name } of mounts) {
    if (isHostFolder(source)) {
      const at = `b/${binds.length}`
      binds.push({ at, ...hostPlace(source, subpath, join(folder, at)) })
      runtime.push({ target, source: at, readonly: readonly || source.readonly === true, noexec })
      continue
    }
    if (!isOverlay(source)) {
      throw new ExecutorError(
        'MOUNT_UNSUPPORTED',
        `the filesystem mounted at ${target} is neither a host folder nor an overlay: a real sandbox cannot show it`,
      )
    }
    if (socket !== undefined) {
      const { mode, uid, gid } = mountView(source).stat(`/${subpath ?? ''}`)
      if (isRootless(ids) && (uid !== 0 || gid !== 0))
        throw new RunOptionUnsupportedError('socket', `an ordinary user cannot give it to ${uid}:${gid}; leave uid and gid out`)
      const file = `${sockets.length}.sock`
      sockets.push({ name: file, path: socket, mode, uid, gid })
      runtime.push({ target, source: `a/${file}`, readonly: false, noexec: false })
      continue
    }
    if (scratch) {
      const { mode, uid, gid, mtimeNs } = mountView(source).stat('/')
      const at = `t/${scratches.length}`
      mkdirSync(join(folder, at), { recursive: true })
      const size = scratch.size === undefined ? '' : `,size=${scratch.size}`
      const owner = ids.kind === 'one' ? '' : `,uid=${uid},gid=${gid}`
      const held = upperChanges(emptySnapshot(), source.freeze())
      const from = held.length > 0 ? `${at}.from` : ''
      if (from) await extractChanges(held, join(folder, from), { ids, root: { mode, uid, gid, mtimeNs } })
      scratches.push({ at, options: `mode=${mode.toString(8)}${owner},nosuid,nodev${size}`, from })
      runtime.push({ target, source: at, readonly, noexec, harmless: true })
      continue
    }
    const tree = written.get(source)?.tree ?? source.freeze()
    const found = subpath === undefined ? { path: '/', inode: tree } : resolvePath(tree, subpath === '' ? '/' : subpath)
    if (!found) throw new ExecutorError('MOUNT_SOURCE_MISSING', `the source of the mount at ${target} has no ${subpath}`)
    if (found.inode.type === 'file' && readonly) {
      runtime.push({ target, source: hold(found.inode), readonly, noexec })
      continue
    }
    const known = written.get(source) ?? { overlay: source, tree, at: `m/${written.size}`, name, writable: false }
    written.set(source, known)
    known.writable ||= !readonly
    runtime.push({ target, source: `${known.at}/\0${found.path}`, readonly, noexec })
  }
  for (const { path, bytes, mode = 0o755 } of files) {
    runtime.push({ target: path, source: hold(fileInode(memoryContent(bytes), { mode })), readonly: true, noexec: false })
  }

  for (const [index, { path, bytes, mode = 0o644 }] of open.entries()) {
    const source = `h${index}`
    writeFileSync(join(folder, source), bytes)
    chmodSync(join(folder, source), mode)
    runtime.push({ target: path, source, readonly: true, noexec: false })
  }

  for (const { at, tree, writable } of written.values()) {
    const place = join(folder, at)
    mkdirSync(place, { recursive: true, mode: 0o700 })
    await extractChanges(walk(tree), join(place, 'l'), { ids })
    if (!writable) continue
    mkdirSync(join(place, 'w'))
    mkdirSync(join(place, 'mnt'))
    await extractChanges([], join(place, 'u'), { ids, root: tree })
  }
  const trees = [...written.values()]
  const writableAt = new Set(trees.filter(({ writable }) => writable).map(({ at }) => at))
  return {
    mounts: runtime
      .sort((a, b) => depthOf(a) - depthOf(b))
      .map((mount) => {
        const [at = '', path] = mount.source.split('/\0')
        return path === undefined ? mount : { ...mount, source: join(at, writableAt.has(at) ? 'mnt' : 'l', path) }
      }),
    overlays: [...writableAt],
    scratches,
    binds,
    sockets,
    inMemory: held.length > 0,
    archive: (more) =>
      tarOf([...held, ...[...more].map(([path, text]) => ({ path, inode: fileInode(textContent(text), { mode: 0o600 }) }))]),
    named: trees.flatMap(({ name: as, at, writable }) => (writable && as !== undefined ? [{ as, at }] : [])),
    async merge() {
      for (const { overlay, at, writable } of trees) if (writable) await mergeUpper(join(folder, at, 'u'), overlay, { ids })
    },
  }
}

const depthOf = ({ target }: { readonly target: string }): number => target.split('/').filter(Boolean).length

/** Where a place in a host folder lies, and which inode it is: a bind that turns out to be another one is refused. */
function hostPlace(source: HostFolder, subpath: string | undefined, at: string): { path: string; inode: string } {
  let node = source.root
  if (subpath !== undefined && subpath !== '') {
    for (const name of mountView(source).realpath(subpath).split('/').filter(Boolean)) {
      const next = source.lookup(node, name)
      if (!next) throw new ExecutorError('MOUNT_SOURCE_MISSING', `the bound folder has no ${subpath}`)
      node = next
    }
  }
  const directory = source.typeOf(node) === 'dir'
  if (directory) mkdirSync(at, { recursive: true })
  else {
    mkdirSync(join(at, '..'), { recursive: true })
    closeSync(openSync(at, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600))
  }
  return source.place(node)
}

async function tarOf(changes: readonly LayerChange[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  if (changes.length > 0) await writeLayer(changes, (bytes) => parts.push(bytes.slice()))
  return Buffer.concat(parts)
}
