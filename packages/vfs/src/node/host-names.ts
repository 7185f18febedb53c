/** What a host can take as a name of a file, and which names it takes for one and the same (S8, S9). */
import { FsError, NameCollisionError } from '../errors.js'
import { isEncodable } from '../names.js'
import { walk } from '../tree/walk.js'
import type { Inode, Snapshot } from '../types.js'

/** A kind of host, as `process.platform` spells it. */
export type HostPlatform = typeof process.platform

/**
 * Refuses a name that is not one component of a path, or that means something else on such a host: on Windows a drive, a stream, a separator, a device, or
 * a name that loses its end.
 * @throws FsError EINVAL
 */
export function checkName(name: string, platform: HostPlatform = process.platform): void {
  const bad = name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0') || !isEncodable(name)
  if (bad || (platform === 'win32' && meansMoreOnWindows(name)))
    throw new FsError('EINVAL', 'open', name, { detail: 'this name cannot be used on this host' })
}

/** CON, NUL and the like are devices in every folder, with any extension. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\s*\.|$)/i

const meansMoreOnWindows = (name: string): boolean => /[\\:<>"|?*\x01-\x1f]/.test(name) || /[ .]$/.test(name) || WINDOWS_DEVICE.test(name)

/** Whether two names that differ in case, or in how an accent is written, are one file on such a host by default. */
const foldsNames = (platform: HostPlatform): boolean => platform === 'win32' || platform === 'darwin'

/**
 * What all names have in common that a folding host takes for one. It goes further than each single filesystem does (`ß` and `ss` are one on APFS only):
 * a pair that is reported needlessly costs a rename, one that is missed costs a file.
 */
const folded = (name: string): string => name.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFC')

/** A name that shall be written to a host. */
export interface HostName {
  /** The path that it goes to, without slashes at its ends. */
  readonly folder: string
  readonly name: string
  /** Of a symbolic link. */
  readonly target?: string | undefined
}

/**
 * Looks at every name before the first one is written to a host.
 * @throws FsError EINVAL for a name, or on Windows a link target, that the host cannot take; `path` is the whole path
 * @throws NameCollisionError for two names of one folder that the host takes for one
 */
export function checkHostNames(names: Iterable<HostName>, platform: HostPlatform = process.platform): void {
  const seen = foldsNames(platform) ? new Map<string, string>() : undefined
  for (const { folder, name, target } of names) {
    const path = folder === '' ? name : `${folder}/${name}`
    try {
      checkName(name, platform)
    } catch (error) {
      if (error instanceof FsError) throw new FsError(error.code, 'write', path, { detail: 'this name cannot be used on this host' })
      throw error
    }
    if (target !== undefined && platform === 'win32' && /[\\:]/.test(target)) {
      throw new FsError('EINVAL', 'symlink', path, {
        detail: `the link target ${JSON.stringify(target)} means something else on this host`,
      })
    }
    if (!seen) continue
    const key = `${folder}/${folded(name)}`
    const other = seen.get(key)
    if (other !== undefined && other !== path) throw new NameCollisionError(path, other)
    seen.set(key, path)
  }
}

/** The same for a tree. */
export function checkTreeNames(tree: Snapshot, platform: HostPlatform): void {
  checkHostNames(names(tree), platform)
}

function* names(tree: Snapshot): Generator<HostName> {
  for (const [name, inode] of tree.entries) yield nameOf('', name, inode)
  for (const { path, inode } of walk(tree))
    if (inode.type === 'dir') for (const [name, child] of inode.entries) yield nameOf(path, name, child)
}

const nameOf = (folder: string, name: string, inode: Inode): HostName => ({
  folder,
  name,
  target: inode.type === 'symlink' ? inode.target : undefined,
})
