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
 * @param targets where something will be mounted
 * @returns how many lower folders there are: `l/0` is the lowest
 */
export async function prepareLayers(
  sandbox: Layers,
  { overlay, lower, signal }: ExecRequest,
  folder: string,
  targets: readonly string[],
): Promise<number> {
  const changes = upperChanges(lower.snapshot, overlay.freeze())
  const { uid, gid, mode, mtimeNs, xattrs } = overlay.stat('/')
  const root = { uid, gid, mode, mtimeNs, xattrs }
  // A lower folder for nothing but mount points would cost every command. In the upper one nobody could tell that something of it was removed:
  // these cannot be, and are taken away afterwards.
  const places = placesOf(targets)
  const stubs = changes.every((change) => places.has(change.path) && isHollow(change))
  await extractChanges(stubs ? changes : [], join(folder, 'u'), { ids: sandbox.ids, root, signal })
  return linkLowers(sandbox, { layers: lower.layers, above: stubs ? [] : changes, signal }, folder)
}

/** Paths of mount points and of the directories above them, as changes have them. */
function placesOf(targets: readonly string[]): ReadonlySet<string> {
  const places = new Set<string>()
  for (const target of targets) {
    const parts = target.split('/').filter(Boolean)
    for (let depth = 1; depth <= parts.length; depth++) places.add(parts.slice(0, depth).join('/'))
  }
  return places
}

/** Something to mount on, and nothing else. */
const isHollow = ({ inode }: LayerChange): boolean => inode?.type === 'dir' || (inode?.type === 'file' && inode.content.size === 0)

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
