import { InvalidMountSpecError, MountTargetNotAbsoluteError } from '../errors.js'
import { hasPropagation, isMode, isNoCopyMode, isReadOnlyMode } from './mode.js'
import type { MountRequest } from './types.js'

/** A `-v` value: a mount, or the place of an anonymous volume. */
export type ShortMount =
  | { readonly kind: 'anonymous'; readonly target: string }
  | { readonly kind: 'mount'; readonly request: MountRequest; readonly mode: string }

/**
 * Reads a `-v` value: `TARGET`, `SOURCE:TARGET` or `SOURCE:TARGET:MODE`. An absolute source is a host path, any other a volume.
 * @throws InvalidMountSpecError, MountTargetNotAbsoluteError
 */
export function parseShortMount(raw: string): ShortMount {
  const parts = raw.split(':')
  const [first = '', second = '', mode = ''] = parts
  if (parts.length > 3) throw new InvalidMountSpecError(raw, 'it has more than three parts; write SOURCE:TARGET[:OPTIONS]')
  if (first === '') throw new InvalidMountSpecError(raw, 'nothing stands before the first colon; write SOURCE:TARGET[:OPTIONS]')
  if (parts.length === 1) {
    if (!first.startsWith('/')) throw new MountTargetNotAbsoluteError(first)
    return { kind: 'anonymous', target: first }
  }
  if (parts.length === 2 && isMode(second)) {
    throw new InvalidMountSpecError(raw, 'options need a source and a target in front; write SOURCE:TARGET:OPTIONS')
  }
  if (!isMode(mode)) throw new InvalidMountSpecError(raw, `invalid mode: ${mode}`)
  const bind = first.startsWith('/')
  if (bind && isNoCopyMode(mode)) throw new InvalidMountSpecError(raw, 'nocopy is for volumes: a bind is never filled')
  if (!bind && hasPropagation(mode)) throw new InvalidMountSpecError(raw, 'propagation is for binds')
  return {
    kind: 'mount',
    mode,
    request: {
      type: bind ? 'bind' : 'volume',
      source: first,
      target: second,
      readonly: isReadOnlyMode(mode),
      ...(isNoCopyMode(mode) ? { volume: { nocopy: true } } : {}),
    },
  }
}
