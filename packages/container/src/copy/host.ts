import type { TarEntry } from '@layerwright/layer'
import { mountView } from '@layerwright/vfs'
import type { EngineContext } from '../context.js'
import { CopyDestinationDirMissingError, HostNotAvailableError, NotADirectoryError, PathNotFoundError } from '../errors.js'
import type { Host } from '../host.js'
import { baseName, dirName, endsInDot, join } from '../paths.js'
import { lstatIfAny } from '../scope.js'
import { assertsDirectory, keepEnding, splitEntry } from './endings.js'
import { entriesOf } from './entries.js'
import type { CopyDestination } from './plan.js'

/** @throws HostNotAvailableError */
export function hostOf({ host }: EngineContext, path: string): Host {
  if (!host) throw new HostNotAvailableError(path)
  return host
}

/** A host path that is copied from, opened. */
export interface HostCopySource {
  readonly isDir: boolean
  /** Its last name; `.` for the contents of a directory. */
  readonly name: string
  entries(): TarEntry[]
  close(): void
}

/** Links on the way are followed, the last one only if asked, or if the path's ending asks for a directory. @throws PathNotFoundError, NotADirectoryError */
export async function hostSource(context: EngineContext, given: string, followLink: boolean): Promise<HostCopySource> {
  const host = hostOf(context, given)
  const path = keepEnding(given)
  const name = endsInDot(path) || path === '/' ? '.' : baseName(path)
  const parent = await host.realpath(dirName(path))
  const folder = await host.open(parent)
  try {
    const inside = `/${baseName(path)}`
    const stat = baseName(path) === '/' ? undefined : lstatIfAny(mountView(folder.source), inside)
    if (!stat && baseName(path) !== '/') throw new PathNotFoundError(given)
    const follow = stat?.type === 'symlink' && (followLink || assertsDirectory(path))
    const kind = follow || !stat ? await host.kind(path === '/' ? path : join(parent, baseName(path))) : stat.type
    if (kind === undefined) throw new PathNotFoundError(given)
    if (assertsDirectory(path) && kind !== 'dir') throw new NotADirectoryError(given)
    if (kind !== 'dir' && !follow) {
      return { isDir: false, name, entries: () => entriesOf(mountView(folder.source), inside, name), close: () => folder.close() }
    }
  } catch (error) {
    folder.close()
    throw error
  }
  folder.close()
  return openTarget(host, await host.realpath(path), name)
}

/** What a real path names: a directory is a root of its own, a file stands in its directory. */
async function openTarget(host: Host, real: string, name: string): Promise<HostCopySource> {
  const isDir = (await host.kind(real)) === 'dir'
  const folder = await host.open(isDir ? real : dirName(real))
  const path = isDir ? '/' : `/${baseName(real)}`
  return { isDir, name, entries: () => entriesOf(mountView(folder.source), path, name), close: () => folder.close() }
}

/** How many links a destination may lead through. */
const MAX_LINKS = 10

/** A host path that is copied to; its directory has to be there. @throws CopyDestinationDirMissingError, NotADirectoryError */
export async function hostDestination(host: Host, given: string): Promise<CopyDestination> {
  let path = keepEnding(given)
  if ((await host.kind(dirName(path))) === undefined) throw new CopyDestinationDirMissingError(dirName(path))
  for (let links = 0; ; links++) {
    const { dir, base } = splitEntry(path)
    if (base === '.') return { path, kind: (await host.kind(dir)) === 'dir' ? 'dir' : undefined }
    const kind = await host.kind(dir)
    if (kind === undefined) throw new CopyDestinationDirMissingError(dir)
    if (kind !== 'dir') throw new NotADirectoryError(dir)
    const folder = await host.open(await host.realpath(dir))
    try {
      const fs = mountView(folder.source)
      const stat = lstatIfAny(fs, `/${base}`)
      if (stat?.type !== 'symlink' || links > MAX_LINKS) {
        if (stat && stat.type !== 'dir' && assertsDirectory(path)) throw new NotADirectoryError(path)
        return { path, kind: stat && (stat.type === 'dir' ? 'dir' : 'other') }
      }
      const target = fs.readlink(`/${base}`)
      path = keepEnding((target.startsWith('/') ? target : join(dir, target)) + (assertsDirectory(path) ? '/' : ''))
    } finally {
      folder.close()
    }
  }
}
