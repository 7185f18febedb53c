import { InvalidMountSpecError } from '../errors.js'
import { isMode, isNoCopyMode, isReadOnlyMode } from './mode.js'
import type { MountPoint } from './types.js'

/** Reads a `--volumes-from` value, `CONTAINER[:MODE]`. @throws InvalidMountSpecError */
export function parseVolumesFrom(text: string): { readonly container: string; readonly readonly: boolean } {
  const cut = text.indexOf(':')
  const container = cut < 0 ? text : text.slice(0, cut)
  const mode = cut < 0 ? '' : text.slice(cut + 1)
  if (container === '') throw new InvalidMountSpecError(text, 'name a container: --volumes-from CONTAINER[:ro|rw]')
  if (!isMode(mode) || isNoCopyMode(mode)) throw new InvalidMountSpecError(text, `invalid mode: ${mode}`)
  return { container, readonly: isReadOnlyMode(mode) }
}

/**
 * What another container hands on: its volumes and binds, not its tmpfs. Access can be narrowed, never widened, and an inherited
 * volume is not filled again.
 */
export const inherited = (mounts: readonly MountPoint[], readonly: boolean): MountPoint[] =>
  mounts.filter(({ type }) => type !== 'tmpfs').map((mount) => ({ ...mount, rw: mount.rw && !readonly, mode: '', copy: false }))
