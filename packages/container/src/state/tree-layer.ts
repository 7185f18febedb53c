import { applyLayer, type Layer } from '@layerwright/layer'
import { emptySnapshot, type LayerChange, lookup, type Snapshot, upperChanges } from '@layerwright/vfs'

/**
 * Trees at rest are layers, and in a layer a name that begins with `.wh.` is a whiteout. A container may hold such a name all the
 * same: it is kept with one more `w` (`.wh.x` as `.wwh.x`, `.wwh.x` as `.wwwh.x`), which is taken away again when it is read.
 */
const escapeName = (name: string): string => (/^\.w+h\./.test(name) ? `.w${name.slice(1)}` : name)
const unescapeName = (name: string): string => (/^\.ww+h\./.test(name) ? `.${name.slice(2)}` : name)
const mapNames = (path: string, change: (name: string) => string): string =>
  path.includes('h.') ? path.split('/').map(change).join('/') : path

/** Changes as they are stored. */
export const toStored = (changes: readonly LayerChange[]): LayerChange[] =>
  changes.map((change) => ({ ...change, path: mapNames(change.path, escapeName) }))

/** Changes as they were before they were stored, relative to `lower`: removals first. */
export function fromStored(layer: Layer, lower: Snapshot): LayerChange[] {
  const changes: LayerChange[] = []
  const { columns } = layer.index
  for (let row = 0; row < columns.count; row++) {
    const { kind, path } = layer.index.row(row)
    if (kind === 'whiteout') changes.push({ path: mapNames(path, unescapeName), inode: null })
    if (kind !== 'opaque') continue
    const dir = mapNames(path, unescapeName)
    const below = lookup(lower, `/${dir}`, { follow: false })
    if (below?.type === 'dir') for (const name of below.entries.keys()) changes.push({ path: `${dir}/${name}`, inode: null })
  }
  const entries = upperChanges(emptySnapshot(), applyLayer(emptySnapshot(), layer))
  for (const change of entries) changes.push({ ...change, path: mapNames(change.path, unescapeName) })
  return changes
}
