/**
 * The build's one gate to the host's filesystem: it reads below one folder, never writes, and never follows a link out of that folder
 * (`hostFolder` and `readHostTree` of @layerwright/vfs see to it).
 */
import { realpathSync, statSync } from 'node:fs'
import { mountView } from '@layerwright/vfs'
import { hostFolder, readHostTree, StatCache } from '@layerwright/vfs/node'
import type { BuildContext } from '../types.js'
import { ContextNotFoundError } from './errors.js'

export interface HostContextOptions {
  /** Remember the digests of unchanged files between builds (DESIGN, decision 14). Default true. */
  readonly statCache?: boolean
}

/**
 * A folder of this machine as a build context.
 * @throws ContextNotFoundError
 */
export function hostContext(folder: string, options: HostContextOptions = {}): BuildContext {
  const dir = realFolder(folder)
  const view = mountView(hostFolder(dir, { readonly: true }), [])
  const note = `stat ${dir}`
  let cache: StatCache | undefined
  return {
    id: dir,
    async readFile(path) {
      const absolute = `/${path}`
      return view.exists(absolute) && view.stat(absolute).type === 'file' ? view.readFile(absolute) : undefined
    },
    async snapshot({ filter, mtimeNs, notes }) {
      if (options.statCache !== false) cache = StatCache.load((await notes.load(note)) ?? new Uint8Array(0))
      return readHostTree(dir, {
        ...(filter ? { filter } : {}),
        times: mtimeNs === undefined ? 'keep' : { mtimeNs },
        owner: 'root',
        ...(cache ? { statCache: cache } : {}),
      })
    },
    async done(notes) {
      if (cache?.changed) await notes.save(note, cache.save())
    },
  }
}

function realFolder(folder: string): string {
  let dir: string
  try {
    dir = realpathSync(folder)
  } catch (error) {
    throw new ContextNotFoundError(folder, error)
  }
  if (!statSync(dir).isDirectory()) throw new ContextNotFoundError(folder)
  return dir
}
