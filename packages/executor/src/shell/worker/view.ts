/** What a command sees, as data: the host describes it, the worker makes it again. */
import {
  createOverlay,
  type FileSystem,
  type Inode,
  type Mount,
  type Mountable,
  mountTable,
  mountView,
  type Overlay,
  overlayOf,
  replayChanges,
  type Snapshot,
  upperChanges,
} from '@layerwright/vfs'
import type { MountData, OverlayData } from './messages.js'
import type { TreeReceiver } from './trees.js'

/** The trees of a view, in the order of their numbers, and which lies where. */
export interface DescribedView {
  readonly overlays: readonly Overlay[]
  readonly mounts: readonly MountData[]
}

/** `undefined` where something in it is no overlay: a folder of the host is no tree that could be sent. */
export function describeView(filesystem: FileSystem): DescribedView | undefined {
  const table = mountTable(filesystem)
  if (!table) return undefined
  const overlays: Overlay[] = []
  const numbers = new Map<Mountable, number>()
  const mounts: MountData[] = []
  for (const { target, source, subpath, readonly } of table) {
    let number = numbers.get(source)
    if (number === undefined) {
      const overlay = overlayOf(source)
      if (!overlay) return undefined
      number = overlays.push(overlay) - 1
      numbers.set(source, number)
    }
    mounts.push({ target, overlay: number, subpath, readonly })
  }
  return { overlays, mounts }
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
  }))
}

/** A view in the worker, with what its overlays were before the command. */
export interface MadeView {
  readonly filesystem: FileSystem
  readonly overlays: readonly { readonly overlay: Overlay; readonly before: Snapshot }[]
}

export function makeView(data: readonly OverlayData[], mounts: readonly MountData[], trees: TreeReceiver): MadeView {
  const overlays = data.map(({ lower, current, umask, owner, aheadNs }) => {
    const now = () => BigInt(Date.now()) * 1_000_000n + aheadNs
    const overlay = createOverlay(trees.tree(lower), { umask, owner, now })
    // As changes, not as another lower: what was linked or made above the lower is still that.
    replayChanges(overlay, upperChanges(trees.tree(lower), trees.tree(current)))
    return overlay
  })
  const [root, ...others] = mounts
  const mounted = others.map(
    ({ target, overlay, subpath, readonly }): Mount => ({
      target,
      source: overlays[overlay]!,
      readonly,
      ...(subpath === '' ? {} : { subpath }),
    }),
  )
  const filesystem = mountView(overlays[root!.overlay]!, mounted, { readonly: root!.readonly })
  return { filesystem, overlays: overlays.map((overlay) => ({ overlay, before: overlay.freeze() })) }
}
