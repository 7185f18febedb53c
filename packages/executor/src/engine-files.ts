import { createOverlay, emptySnapshot, type FileSystem, type LayerChange, type Mount, mountView, type Overlay } from '@layerwright/vfs'
import type { HostEntry } from './types.js'

export interface EngineFilesOptions {
  /** The command's own mounts: binds, caches, secrets, tmpfs, volumes. */
  readonly mounts?: readonly Mount[]
  /** Lines for /etc/hosts beside those of localhost: name and address. */
  readonly extraHosts?: readonly HostEntry[]
  readonly hostname?: string
  /** Text of /etc/resolv.conf; empty by default. */
  readonly resolvConf?: string
  /** Whether the command may write /etc/hosts and /etc/resolv.conf; a RUN may not, a container may. Default false. */
  readonly writable?: boolean
}

/** A tree made ready for a command. */
export interface EngineFiles {
  /** The overlay with everything mounted: what the command sees. */
  readonly filesystem: FileSystem
  /**
   * Takes away again what was only made to mount on, parents included, unless the command put something there. Gives the
   * directories (absolute) that are as they were, although they were written to: hand them to `commandChanges`.
   */
  finish(): readonly string[]
}

/** Directories that a runtime mounts on: they stay behind, empty, where the base had none (SEMANTICS 32). */
const kept = ['/proc', '/sys', '/dev']

/**
 * Makes a tree ready for a command as a container engine does (SEMANTICS 32): /proc, /sys and /dev exist, /etc/hosts and
 * /etc/resolv.conf are there while it runs, mount points are made for the mounts; `finish` removes what was only made for that.
 * @throws FsError where a mount point cannot be made.
 */
export function engineFiles(overlay: Overlay, options: EngineFilesOptions = {}): EngineFiles {
  for (const path of kept) {
    if (!exists(overlay, path)) overlay.mkdir(path, { mode: 0o755 })
  }
  const source = createOverlay(emptySnapshot())
  source.writeFile('/hosts', hostsText(options), { mode: 0o644 })
  source.writeFile('/resolv.conf', options.resolvConf ?? '', { mode: 0o644 })
  const readonly = options.writable !== true
  const mounts: Mount[] = [
    ...(options.mounts ?? []),
    { target: '/etc/hosts', source, subpath: '/hosts', readonly },
    { target: '/etc/resolv.conf', source, subpath: '/resolv.conf', readonly },
  ]
  const missing = new Map<string, bigint | undefined>()
  for (const { target } of mounts) noteMissing(overlay, target, missing)
  const filesystem = mountView(overlay, mounts)
  // A directory whose time is still this one was changed by nobody but us.
  const made = new Map([...missing].filter(([, before]) => before !== undefined).map(([path]) => [path, mtime(overlay, path)]))
  return { filesystem, finish: () => removeStubs(overlay, missing, made) }
}

/**
 * Runs something on a tree made ready by `engineFiles`, and tidies up whatever happens.
 * @returns what `run` gave, and the directories that `finish` gives.
 */
export async function withEngineFiles<T>(
  overlay: Overlay,
  options: EngineFilesOptions,
  run: (filesystem: FileSystem) => Promise<T>,
): Promise<{ readonly result: T; readonly restored: readonly string[] }> {
  const files = engineFiles(overlay, options)
  let restored: readonly string[] = []
  try {
    const result = await run(files.filesystem)
    restored = files.finish()
    return { result, restored }
  } catch (error) {
    files.finish()
    throw error
  }
}

/**
 * The overlay's changes without what only tidying up left: a restored directory is not there where nothing below it changed, and
 * only repeated where something did.
 */
export function commandChanges(overlay: Overlay, restored: readonly string[]): LayerChange[] {
  const ours = new Set(restored.map((path) => cleanParts(path).join('/')))
  const changes = overlay.changes()
  const parents = new Set<string>()
  for (const { path } of changes) {
    if (ours.has(path)) continue
    for (let slash = path.lastIndexOf('/'); slash !== -1; slash = path.lastIndexOf('/', slash - 1)) parents.add(path.slice(0, slash))
  }
  return changes.flatMap((change) =>
    !ours.has(change.path) ? [change] : parents.has(change.path) ? [{ ...change, repeated: true as const }] : [],
  )
}

function hostsText(options: EngineFilesOptions): string {
  const lines = ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback']
  for (const { name, address } of options.extraHosts ?? []) lines.push(`${address}\t${name}`)
  if (options.hostname && options.hostname !== 'localhost') lines.push(`127.0.1.1\t${options.hostname}`)
  return `${lines.join('\n')}\n`
}

function exists(overlay: Overlay, path: string): boolean {
  try {
    overlay.lstat(path)
    return true
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}

function mtime(overlay: Overlay, path: string): bigint | undefined {
  return exists(overlay, path) ? overlay.lstat(path).mtimeNs : undefined
}

/**
 * Notes which parts of a mount point are missing (`undefined`), and the time of the last directory that is there. What it will be is where links
 * lead, also those that lead to nothing yet: /etc/resolv.conf is such a link in many images.
 */
function noteMissing(overlay: Overlay, target: string, missing: Map<string, bigint | undefined>): void {
  let parts = cleanParts(target)
  let path = ''
  let parent = '/'
  let above = overlay.stat('/').mtimeNs
  let links = 0
  while (parts.length > 0) {
    const [part = '', ...rest] = parts
    path += `/${part}`
    parts = rest
    if (overlay.exists(path)) {
      const real = overlay.realpath(path)
      path = real === '/' ? '' : real
      parent = real
      above = overlay.stat(real).mtimeNs
      continue
    }
    if (exists(overlay, path) && links++ < MAX_LINKS) {
      // It is there and leads to nothing: its target is what is missing.
      const link = overlay.readlink(path)
      parts = cleanParts(`${link.startsWith('/') ? '' : parent}/${link}/${rest.join('/')}`)
      path = ''
      continue
    }
    if (!missing.has(parent)) missing.set(parent, above)
    if (!missing.has(path)) missing.set(path, undefined)
    parent = path
    above = 0n
  }
}

/** What the kernel follows; a loop is an error of whoever makes the mount point. */
const MAX_LINKS = 40

function cleanParts(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

function removeStubs(
  overlay: Overlay,
  missing: ReadonlyMap<string, bigint | undefined>,
  made: ReadonlyMap<string, bigint | undefined>,
): readonly string[] {
  const stubs = [...missing].filter(([, before]) => before === undefined).map(([path]) => path)
  const untouched = [...made].filter(([path, time]) => mtime(overlay, path) === time).map(([path]) => path)
  for (const path of stubs.sort((a, b) => b.split('/').length - a.split('/').length)) {
    if (!exists(overlay, path)) continue
    const stat = overlay.lstat(path)
    if (stat.type === 'dir') {
      if (overlay.readdir(path).length === 0) overlay.rmdir(path)
    } else if (stat.type === 'file' && stat.size === 0) overlay.unlink(path)
  }
  for (const path of untouched) {
    if (exists(overlay, path) && mtime(overlay, path) !== missing.get(path)) overlay.utimes(path, missing.get(path)!)
  }
  return untouched.filter((path) => exists(overlay, path))
}
