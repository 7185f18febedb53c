/** How overlays are mounted. */
import { type Ids, isRootless } from './ids.js'

/** Options of the overlay of a command's root, in the run's folder: see `prepareLayers`. */
export const rootOptions = (lowers: number, kind: OverlayKind, devices: boolean): string =>
  // Highest first; short names, because all of them together have to fit into one page.
  overlayOptions(
    Array.from({ length: lowers }, (_, i) => `l/${lowers - 1 - i}`),
    'u',
    'w',
    kind,
    devices,
  )

export interface OverlayKind {
  readonly ids: Ids
  /** See `LinuxSupport.volatile`. */
  readonly volatile: boolean
}

/**
 * Options of an overlay mount; `lowers` highest first, as the kernel wants them.
 *
 * `volatile`: an overlay that goes would else write out the whole filesystem that its upper folder lies on, the layers of other steps
 * with it, and so would each fsync of a command. What a step of a build leaves in the folder has no use after a crash of the machine: it is read when the command has ended,
 * and the store syncs what it keeps. What a container leaves has.
 * @param devices whether device nodes in it can be opened
 */
export function overlayOptions(
  lowers: readonly string[],
  upper: string,
  work: string,
  { ids, volatile }: OverlayKind,
  devices = true,
): string {
  return [
    ...(devices ? [] : ['nodev']),
    ...[`lowerdir=${lowers.join(':')}`, `upperdir=${upper}`, `workdir=${work}`],
    ...(volatile ? ['volatile'] : []),
    ...(isRootless(ids) ? ['userxattr'] : []),
  ].join(',')
}
