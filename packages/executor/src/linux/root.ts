/** The folders that a command's root is mounted from: its lower layers, linked by short names in `l`, and the upper folder `u`. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type LayerChange, upperChanges } from '@layerwright/vfs'
import type { ExecRequest } from '../types.js'
import { extractChanges } from './extract.js'
import type { Ids } from './ids.js'
import type { LayerFolders } from './layers.js'
import { remove } from './run-folder.js'

interface Layers {
  readonly ids: Ids
  readonly layers: LayerFolders
}

/**
 * Makes `l` and `u` in a run's folder.
 * @returns how many lower folders there are: `l/0` is the lowest
 */
export async function prepareLayers(sandbox: Layers, { overlay, lower, signal }: ExecRequest, folder: string): Promise<number> {
  const changes = upperChanges(lower.snapshot, overlay.freeze())
  const { uid, gid, mode, mtimeNs, xattrs } = overlay.stat('/')
  const root = { uid, gid, mode, mtimeNs, xattrs }
  // A folder of their own costs every command; but what is large would be read again with what the command leaves.
  const light = changes.length <= LIGHT && changes.every(isLight)
  await extractChanges(light ? changes : [], join(folder, 'u'), { ids: sandbox.ids, root, signal })
  return linkLowers(sandbox, { layers: lower.layers, above: light ? [] : changes, signal }, folder)
}

/** How many changes of a tree, such as mount points, may lie in the upper folder from the beginning. */
const LIGHT = 32
const isLight = ({ inode }: LayerChange): boolean => inode?.type === 'dir' || (inode?.type === 'file' && inode.content.size === 0)

interface Lower {
  readonly layers: ExecRequest['lower']['layers']
  /** What the tree differs from its layers already. */
  readonly above: readonly LayerChange[]
  readonly signal: AbortSignal | undefined
}

/**
 * Links the folders of the lower tree into the run's, and looks then whether they are still there: a `pruneLayers` beside it removes what no run links.
 * @returns how many there are
 */
async function linkLowers(sandbox: Layers, lower: Lower, folder: string): Promise<number> {
  const links = join(folder, 'l')
  for (;;) {
    mkdirSync(links)
    const lowers = await lowerFolders(sandbox, lower, folder)
    for (const [index, lower] of lowers.entries()) symlinkSync(lower, join(links, String(index)))
    if (lowers.every((_, index) => existsSync(join(links, String(index))))) return lowers.length
    rmSync(links, { recursive: true })
    remove(join(folder, 'top'), sandbox.ids)
  }
}

/** The folders of the lower tree, lowest first: its layers, and what the overlay differs from them already. */
async function lowerFolders({ layers: folders, ids }: Layers, { layers, above, signal }: Lower, folder: string): Promise<string[]> {
  const found = await folders.lowers(layers, signal)
  // The kernel wants one at least.
  if (above.length > 0 || found.length === 0) {
    await extractChanges(above, join(folder, 'top'), { ids, signal })
    found.push('../top')
  }
  return found
}
