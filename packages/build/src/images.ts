import {
  type BaseImage,
  formatPlatform,
  type ImageConfig,
  type ImageRunConfig,
  type Platform,
  type ResolvedBase,
  type ResolvedSource,
} from '@layerwright/dockerfile'
import { findImage, IMAGE_KIND, type StoredImage } from '@layerwright/image'
import type { Snapshot } from '@layerwright/vfs'
import { loadIgnoreRules, snapshotOf } from './context/load.js'
import { ImageNotFoundError } from './errors.js'
import { folderRoot, imageRoot, type Root, scratchRoot } from './graph/root.js'
import type { BuildContext, BuildOptions, ContextNotes, NamedContext } from './types.js'

/** The base images and named contexts of one build: each found once, and handed out as config, as root, or as tree. */
export interface Images {
  /** For resolution: the config, or undefined for a named context that is a folder. @throws ImageNotFoundError */
  base(reference: string, platform: Platform, context: boolean): Promise<BaseImage | undefined>
  root(base: ResolvedBase): Promise<Root>
  /** The tree behind a `--from` that is no stage. */
  tree(from: Extract<ResolvedSource, { kind: 'image' }>): Promise<Snapshot>
  image(id: string): StoredImage
  /** Lines of history that a base brings; none of a folder. */
  historyLength(id: string): number
}

export function createImages(options: BuildOptions, notes: ContextNotes, mtimeNs: () => bigint | undefined): Images {
  const contexts = options.contexts ?? new Map<string, NamedContext>()
  const found = new Map<string, StoredImage>()
  const roots = new Map<string, Root>()
  const trees = new Map<string, Promise<Snapshot>>()

  const find = async (reference: string, platform: Platform, context: boolean): Promise<StoredImage | undefined> => {
    const named = context ? contexts.get(reference) : undefined
    if (named?.kind === 'image') return named.image(platform)
    const image = await (options.images ? options.images(reference, platform) : findImage(options.store, reference))
    // One without a name must not be collected while it is built upon.
    if (image) await options.store.touch(IMAGE_KIND, image.digest)
    return image
  }

  const isFolder = (name: string) => contexts.get(name)?.kind === 'files'
  const images: Images = {
    async base(reference, platform, context) {
      if (context && contexts.get(reference)?.kind === 'files') return undefined
      const id = `${reference} ${formatPlatform(platform)}`
      const image = found.get(id) ?? (await find(reference, platform, context))
      if (!image) throw new ImageNotFoundError(reference)
      found.set(id, image)
      return { id, config: configForResolution(image.config) }
    },
    image(id) {
      const image = found.get(id)
      if (!image) throw new ImageNotFoundError(id)
      return image
    },
    historyLength: (id) => found.get(id)?.config.history?.length ?? 0,
    async root(base) {
      if (base.kind !== 'image') return scratchRoot()
      const key = isFolder(base.name) ? base.name : base.id
      const root =
        roots.get(key) ??
        (isFolder(base.name)
          ? folderRoot(options.store, await images.tree(base), base.name)
          : imageRoot(options.store, images.image(base.id), base.name))
      roots.set(key, root)
      return root
    },
    async tree(from) {
      const named = contexts.get(from.name)
      if (named?.kind !== 'files') return (await images.root(from)).snapshot()
      const tree = trees.get(from.name) ?? filesTree(named.context, options.modes, notes, mtimeNs())
      trees.set(from.name, tree)
      return tree
    },
  }
  return images
}

/** The files of a named context, less what its own ignore file leaves out. */
async function filesTree(
  context: BuildContext,
  modes: BuildOptions['modes'],
  notes: ContextNotes,
  mtimeNs: bigint | undefined,
): Promise<Snapshot> {
  const { filter } = await loadIgnoreRules(context, undefined)
  return snapshotOf(context, modes, { notes, ...(filter ? { filter } : {}), ...(mtimeNs === undefined ? {} : { mtimeNs }) })
}

/** The config as resolution takes it: a copy that it may change. What its fields hold was checked when the image was read. */
function configForResolution(config: StoredImage['config']): ImageConfig {
  const { history, rootfs, config: run, ...rest } = config
  return {
    ...rest,
    config: { ...run } as ImageRunConfig,
    rootfs: { type: 'layers', diff_ids: [...rootfs.diff_ids] },
    ...(history ? { history: [...history] } : {}),
  }
}
