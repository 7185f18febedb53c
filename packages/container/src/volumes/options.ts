import { InvalidVolumeOptionError } from '../errors.js'

/** What the local driver takes. */
const KNOWN = ['type', 'o', 'device', 'size']

/**
 * Options of the local driver (`--opt`). They are kept and shown; a volume that has any cannot be mounted, because mounting devices is a
 * kernel's work.
 * @throws InvalidVolumeOptionError
 */
export function checkVolumeOptions(options: ReadonlyMap<string, string>): void {
  for (const key of options.keys()) {
    if (!KNOWN.includes(key)) throw new InvalidVolumeOptionError(key, `the local driver knows ${KNOWN.join(', ')}`)
  }
  if (options.has('size')) throw new InvalidVolumeOptionError('size', 'a quota needs a filesystem that has one')
  if (options.size === 0) return
  for (const needed of ['type', 'device']) {
    if (!options.get(needed))
      throw new InvalidVolumeOptionError(needed, `it has to be given together with ${[...options.keys()].join(', ')}`)
  }
}
