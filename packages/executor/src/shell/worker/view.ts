/** What a command sees, as data: the host describes it, the worker makes it again. */
import {
  createOverlay,
  type FileSystem,
  type Inode,
  type Mount,
  type Mountable,
  mountTable,
  mountView,
  type Node,
  type Overlay,
  overlayOf,
  replayChanges,
  type Snapshot,
  setAttributes,
  upperChanges,
} from '@layerwright/vfs'
import type { MountData, NodeData, OverlayData, OverlaySource } from './messages.js'
import type { TreeReceiver } from './trees.js'

/** What a view is made of. */
export interface DescribedView {
  /** Trees that can be sent. */
  readonly overlays: readonly Overlay[]
  /** What cannot be sent: a folder of the host changes by itself. */
  readonly hosted: readonly { readonly driver: Mountable; readonly node: Node }[]
  /** The root first. */
  readonly mounts: readonly {
    readonly target: string
    readonly source: OverlaySource | { readonly hosted: number }
    readonly readonly: boolean
  }[]
}

/** `undefined` where nobody but its maker knows what a filesystem is made of. */
export function describeView(filesystem: FileSystem): DescribedView | undefined {
  const table = mountTable(filesystem)
  if (!table) return undefined
  const overlays: Overlay[] = []
  const hosted: { driver: Mountable; node: Node }[] = []
  const numbers = new Map<Mountable, number>()
  const mounts: DescribedView['mounts'][number][] = []
  for (const { target, source, root, subpath, readonly } of table) {
    const overlay = overlayOf(source)
    if (!overlay) mounts.push({ target, source: { hosted: hosted.push({ driver: source, node: root }) - 1 }, readonly })
    // What is mounted has lost its name: nothing that is sent could show it.
    else if (subpath === undefined) return undefined
    else {
      const number = numbers.get(source) ?? overlays.push(overlay) - 1
      numbers.set(source, number)
      mounts.push({ target, source: { overlay: number, subpath }, readonly })
    }
  }
  return { overlays, hosted, mounts }
}

/** Two trees for each overlay: what it was made over and what it is now. */
export const rootsOf = (overlays: readonly Overlay[]): Inode[] => overlays.flatMap((overlay) => [overlay.lower, overlay.freeze()])

/** @param numbers of the trees of `rootsOf` */
export function overlayData(overlays: readonly Overlay[], numbers: readonly number[]): OverlayData[] {
  return overlays.map(({ options }, i) => ({
    lower: numbers[2 * i]!,
    current: numbers[2 * i + 1]!,
    umask: options.umask ?? 0,
    owner: options.owner ?? { uid: 0, gid: 0 },
    aheadNs: options.now ? options.now() - BigInt(Date.now()) * 1_000_000n : 0n,
    maxBytes: options.maxBytes ?? 0,
  }))
}

/** A view in the worker, with what its overlays were before the command. */
export interface MadeView {
  readonly filesystem: FileSystem
  readonly overlays: readonly { readonly overlay: Overlay; readonly before: Snapshot }[]
}

export function makeView(
  data: readonly OverlayData[],
  mounts: readonly MountData[],
  trees: TreeReceiver,
  hostMount: (root: NodeData) => Mountable,
): MadeView {
  const overlays = data.map(({ lower, current, umask, owner, aheadNs, maxBytes }) => {
    const now = () => BigInt(Date.now()) * 1_000_000n + aheadNs
    const overlay = createOverlay(trees.tree(lower), { umask, owner, now, maxBytes })
    // As changes, not as another lower: what was linked or made above the lower is still that.
    replayChanges(overlay, upperChanges(trees.tree(lower), trees.tree(current)))
    setAttributes(overlay, '/', trees.tree(current))
    return overlay
  })
  const sourceOf = ({ source }: MountData) => ('root' in source ? hostMount(source.root) : overlays[source.overlay]!)
  const [root, ...others] = mounts
  const mounted = others.map(
    (mount): Mount => ({
      target: mount.target,
      source: sourceOf(mount),
      readonly: mount.readonly,
      ...('overlay' in mount.source && mount.source.subpath !== '' ? { subpath: mount.source.subpath } : {}),
    }),
  )
  const filesystem = mountView(sourceOf(root!), mounted, { readonly: root!.readonly })
  return { filesystem, overlays: overlays.map((overlay) => ({ overlay, before: overlay.freeze() })) }
}
