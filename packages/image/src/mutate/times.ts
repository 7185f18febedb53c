import { applyLayer, type Layer, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { cloneInode, emptySnapshot, type Inode, type LayerChange, upperChanges } from '@layerwright/vfs'
import { makeImage } from '../make.js'
import type { StoredImage } from '../types.js'

export interface TimesOptions {
  /** Seconds since 1970. */
  readonly seconds: number
  /** Leave what is older, as `SOURCE_DATE_EPOCH` is mostly understood; default false: everything gets the date. */
  readonly clamp?: boolean
}

/**
 * The image with one date everywhere: files, directories and links of all layers, the config and its history. Layers are written anew, in our own form, with what they change:
 * two builds of the same files at different times become the same image.
 */
export async function setTimes(image: StoredImage, store: Store, { seconds, clamp = false }: TimesOptions): Promise<StoredImage> {
  const ns = BigInt(Math.trunc(seconds)) * 1_000_000_000n
  const dated = <T extends Inode>(inode: T): T => (clamp && inode.mtimeNs <= ns ? inode : cloneInode(inode, { mtimeNs: ns }))
  const layers: Layer[] = []
  let tree = emptySnapshot()
  for (const layer of image.unpacked) {
    const merged = applyLayer(tree, layer)
    // one new inode for each old one, so that hard links stay links
    const made = new Map<Inode, Inode>()
    const changes = upperChanges(tree, merged).map((change): LayerChange => {
      if (!change.inode) return change
      const inode = made.get(change.inode) ?? dated(change.inode)
      made.set(change.inode, inode)
      return { ...change, inode }
    })
    layers.push(await storeLayer(store, changes))
    tree = merged
  }
  const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  const date = (created: string | undefined) => (clamp && created !== undefined && Date.parse(created) <= seconds * 1000 ? created : text)
  const { rootfs: _, ...config } = image.config
  return makeImage({
    config: {
      ...config,
      created: date(config.created),
      ...(config.history ? { history: config.history.map((entry) => ({ ...entry, created: date(entry.created) })) } : {}),
    },
    layers,
    ...(image.manifest.annotations ? { annotations: image.manifest.annotations } : {}),
  })
}
