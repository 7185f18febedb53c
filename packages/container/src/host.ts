import type { Mountable } from '@layerwright/vfs'

/** Something of the host that was opened and stays the same thing, whatever happens to its name, until it is closed. */
export interface HostSource {
  readonly type: 'dir' | 'file'
  readonly source: Mountable
  /** Inside the source. */
  readonly subpath?: string
  close(): void
}

/**
 * The host's filesystem as far as the engine needs it: bind mounts, and the outer side of copies. A portable engine has none;
 * `nodeHost()` of `@layerwright/container/node` is one. Paths are absolute.
 */
export interface Host {
  /** What a path leads to, links followed: its kind, undefined where nothing is. */
  kind(path: string): Promise<'dir' | 'file' | 'other' | undefined>
  /** The path without links. @throws PathNotFoundError, NotADirectoryError */
  realpath(path: string): Promise<string>
  /** Opens what a path leads to. @throws PathNotFoundError, NotADirectoryError */
  open(path: string): Promise<HostSource>
  /**
   * Looks at the names of what is going to be written before any of it is. `folder` has no slashes at its ends; `target` is a symbolic link's.
   * @throws FsError EINVAL for what this host cannot take as a name
   * @throws NameCollisionError for two names that it takes for one (S8)
   */
  checkNames(names: Iterable<{ readonly folder: string; readonly name: string; readonly target?: string | undefined }>): void
  /** Makes a folder with its parents, 0755. */
  makeFolder(path: string): Promise<void>
}
