import { type EngineContext, nanoseconds } from '../context.js'
import { InvalidVolumeOptionError } from '../errors.js'
import { readVolume, writeVolume } from '../state/records.js'
import { type LiveTree, loadTree, nothing, sameTree, saveTree } from '../state/trees.js'
import type { VolumeRecord } from '../state/types.js'

/** @throws InvalidVolumeOptionError */
export function checkMountable({ options: [option] }: VolumeRecord): void {
  if (option)
    throw new InvalidVolumeOptionError(option[0], 'a volume with driver options cannot be mounted here: use a bind mount or a tmpfs')
}

/** A volume's tree as its record says. */
export async function loadVolume(context: EngineContext, { name, tree: ref }: VolumeRecord): Promise<LiveTree> {
  const known = context.volumes.get(name)
  if (known && sameTree(known.ref, ref)) return known
  const tree = await loadTree(context.store, ref, { lower: nothing, now: nanoseconds(context), owner: { kind: 'volume', key: name } })
  context.volumes.set(name, tree)
  return tree
}

/** Writes a volume's tree back, if it changed. The caller holds the volume's lock. */
export async function saveVolume(context: EngineContext, name: string, live: LiveTree): Promise<void> {
  const before = live.ref
  const tree = await saveTree(context.store, live)
  if (sameTree(before, tree)) return
  const record = await readVolume(context.store, name)
  if (record) await writeVolume(context.store, { ...record, tree })
}
