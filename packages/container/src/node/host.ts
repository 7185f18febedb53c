/**
 * The gate to the host's filesystem: everything that the container engine does there passes here. Paths come from the caller of the engine
 * (bind sources, the outer side of copies), never from an image or a container. It must never follow a link that a
 * container could have made: what lies below an opened folder is reached through `hostFolder`, component by component, rooted there.
 */
import { chmodSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isFsError } from '@layerwright/vfs'
import { checkHostNames, type HostPlatform, hostFolder } from '@layerwright/vfs/node'
import { type Host, type HostSource, NotADirectoryError, PathNotFoundError } from '../index.js'

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/**
 * The host that this process runs on, with the rights that it has.
 * `platform`: the kind of host whose rules names must meet; default its own. A folder that travels to another kind of host names that.
 */
export function nodeHost(options: { readonly platform?: HostPlatform } = {}): Host {
  const kindOf = (path: string): 'dir' | 'file' | 'other' | undefined => {
    try {
      const stat = statSync(path)
      return stat.isDirectory() ? 'dir' : stat.isFile() ? 'file' : 'other'
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  }
  const realpath = (path: string): string => {
    try {
      return realpathSync(path)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT') throw new PathNotFoundError(path)
      if (code === 'ENOTDIR') throw new NotADirectoryError(path)
      throw error
    }
  }
  return {
    kind: async (path) => kindOf(path),
    realpath: async (path) => realpath(path),
    open: async (path) => open(realpath(path), path),
    checkNames: (names) => checkHostNames(names, options.platform),
    async makeFolder(path) {
      // One by one, because `recursive` gives the parents another mode than the one asked for.
      const missing: string[] = []
      for (let at = path; kindOf(at) === undefined; at = dirname(at)) missing.push(at)
      for (const folder of missing.reverse()) {
        mkdirSync(folder)
        // Whatever the umask of this process says.
        chmodSync(folder, 0o755)
      }
    },
  }
}

function open(real: string, asked: string): HostSource {
  try {
    const folder = hostFolder(real)
    return { type: folder.typeOf(folder.root) === 'dir' ? 'dir' : 'file', source: folder, close: () => folder.close() }
  } catch (error) {
    if (isFsError(error, 'ENOENT')) throw new PathNotFoundError(asked)
    throw error
  }
}
