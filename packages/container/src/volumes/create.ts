import { type EngineContext, timestamp } from '../context.js'
import { NoSuchVolumeDriverError } from '../errors.js'
import { checkVolumeName, randomId } from '../names.js'
import { volumeLock, withLocks } from '../state/locks.js'
import { readVolume, writeVolume } from '../state/records.js'
import { emptyTree } from '../state/trees.js'
import type { VolumeRecord } from '../state/types.js'
import { checkVolumeOptions } from './options.js'

export interface VolumeCreateOptions {
  /** Generated where it is absent. */
  readonly name?: string
  readonly labels?: ReadonlyMap<string, string>
  /** Only `local`. */
  readonly driver?: string
  /** Options of the driver. */
  readonly options?: ReadonlyMap<string, string>
}

/** A new volume at rest: empty, 0755, owned by root. */
export function newVolume(
  context: EngineContext,
  name: string,
  anonymous: boolean,
  labels: Iterable<readonly [string, string]> = [],
  options: Iterable<readonly [string, string]> = [],
): VolumeRecord {
  return {
    version: 1,
    name,
    driver: 'local',
    labels: [...labels],
    options: [...options],
    created: timestamp(context),
    anonymous,
    tree: emptyTree(0o755),
  }
}

/** Creates a volume; one that is there already stays as it is, labels and all. Gives its name. */
export async function createVolume(context: EngineContext, { name, labels, driver, options }: VolumeCreateOptions): Promise<string> {
  if (driver !== undefined && driver !== '' && driver !== 'local') throw new NoSuchVolumeDriverError(driver)
  const chosen = name === undefined || name === '' ? randomId() : checkVolumeName(name, context.limits.nameLength)
  await withLocks(context.store, [volumeLock(chosen)], async () => {
    if (await readVolume(context.store, chosen)) return
    checkVolumeOptions(options ?? new Map())
    await writeVolume(context.store, newVolume(context, chosen, chosen !== name, labels, options))
  })
  return chosen
}
