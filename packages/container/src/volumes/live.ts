/**
 * Volumes that running containers share. From the first start that can share it until the last end, a volume is a folder of the machine, and its record says so, with who is on
 * it; what happens to the volume meanwhile happens in that folder. All of this is done under the volume's lock, so that nobody comes or goes meanwhile. Who holds it may die at any
 * instant: whoever looks next finds that out.
 *
 * Killed between two steps, each can be done again: a folder is made while the record says that it is rubbish, and becomes that again once the record has what was in it.
 */
import type { OpenedTree, SharedTrees } from '@layerwright/executor'
import { apart, type EngineContext } from '../context.js'
import { NoSuchVolumeError, VolumeFolderUnavailableError } from '../errors.js'
import { executorOf } from '../lifecycle/executor.js'
import { isOrphan, nameOfRun } from '../lifecycle/runs.js'
import { readContainer, readVolume, writeVolume } from '../state/records.js'
import { type LiveTree, saveTree } from '../state/trees.js'
import type { ContainerRecord, Holder, LiveVolume, VolumeRecord } from '../state/types.js'
import { checkMountable, loadVolume } from './tree.js'

/** A volume to work on: its tree, to be saved; or the folder that it is at present, to be closed. */
export type OpenedVolume = { readonly tree: LiveTree; readonly folder?: never } | { readonly folder: OpenedTree; readonly tree?: never }

/** What is mounted for a volume. */
export const sourceOf = (volume: LiveTree | OpenedTree): LiveTree['overlay'] | OpenedTree['source'] =>
  'overlay' in volume ? volume.overlay : volume.source

/**
 * Opens a volume under its lock. @param beside without it: who holds the volume is left as it is
 * @throws NoSuchVolumeError, InvalidVolumeOptionError, VolumeFolderUnavailableError
 */
export async function openVolume(context: EngineContext, name: string, { beside = false } = {}): Promise<OpenedVolume> {
  const found = await knownVolume(context, name)
  checkMountable(found)
  const { live, ...record } = beside ? found : await settle(context, found)
  if (!live || live.holders.length === 0) return { tree: await loadVolume(context, record) }
  return { folder: await onFolder(context, record, live, (trees) => trees.open(live.place)) }
}

/**
 * A container starts, under the locks of its volumes: one that its executor can share is a folder from now on, and one that is, stays it.
 * @returns the folder, opened; undefined where the volume stays a tree
 */
export async function holdVolume(context: EngineContext, name: string, container: ContainerRecord): Promise<OpenedTree | undefined> {
  const found = await knownVolume(context, name)
  checkMountable(found)
  const record = await settle(context, found)
  const live = record.live ?? (await makeFolder(context, record, container))
  if (!live) return undefined
  // Nobody can tell yet that this one lives: its record says so when all of it has begun.
  const holder = { container: container.id, run: container.state.run }
  await writeVolume(context.store, { ...record, live: { ...live, holders: [...live.holders, holder] } })
  return onFolder(context, record, live, (trees) => trees.open(live.place))
}

async function makeFolder(context: EngineContext, record: VolumeRecord, container: ContainerRecord): Promise<LiveVolume | undefined> {
  const executor = await executorOf(context, container)
  const trees = await executor.shared?.()
  if (!trees) return undefined
  const live: LiveVolume = { executor: executor.class, place: trees.newPlace(), holders: [] }
  await writeVolume(context.store, { ...record, live })
  await trees.make(live.place, (await loadVolume(apart(context), record)).overlay.freeze())
  return live
}

/** A container has ended, under the locks of its volumes: the last one on a volume takes it back from its folder. */
export async function leaveVolume(context: EngineContext, name: string, container: string): Promise<void> {
  const record = await readVolume(context.store, name)
  if (!record?.live) return
  const left = record.live.holders.filter((holder) => holder.container !== container)
  if (left.length < record.live.holders.length) await settle(context, record, left)
}

/** A volume goes, and its folder with it. */
export async function forgetFolder(context: EngineContext, name: string): Promise<void> {
  const record = await readVolume(context.store, name)
  if (record?.live) await onFolder(context, record, record.live, (trees) => trees.remove(record.live!.place))
}

/** @throws NoSuchVolumeError */
async function knownVolume({ store }: EngineContext, name: string): Promise<VolumeRecord> {
  const record = await readVolume(store, name)
  if (!record) throw new NoSuchVolumeError(name)
  return record
}

/** @param holders who has it, as far as is known; gives the record with those of them who live */
async function settle(context: EngineContext, record: VolumeRecord, holders = record.live?.holders ?? []): Promise<VolumeRecord> {
  const { live } = record
  if (!live) return record
  const alive: Holder[] = []
  const dead: Holder[] = []
  for (const holder of holders) ((await runs(context, holder)) ? alive : dead).push(holder)
  const given = live.holders.length
  if (alive.length > 0 && alive.length === given) return record
  return onFolder(context, record, live, async (trees) => {
    await trees.untilOver(dead.map(({ container, run }) => nameOfRun(container, run)))
    let left: VolumeRecord = { ...record, live: { ...live, holders: alive } }
    if (alive.length === 0 && given > 0) left = { ...left, tree: await treeOf(context, record, trees, live) }
    if (given > 0) await writeVolume(context.store, left)
    if (alive.length > 0) return left
    trees.remove(live.place)
    const { live: _, ...atRest } = left
    await writeVolume(context.store, atRest)
    return atRest
  })
}

async function runs(context: EngineContext, { container, run }: Holder): Promise<boolean> {
  const record = await readContainer(context.store, container)
  return record?.state.status === 'running' && record.state.run === run && !isOrphan(context, record)
}

/** Stores what lies in the folder. Without it the volume is what it was before. */
async function treeOf(
  context: EngineContext,
  record: VolumeRecord,
  trees: SharedTrees,
  { place }: LiveVolume,
): Promise<VolumeRecord['tree']> {
  const tree = await loadVolume(apart(context), record)
  await trees.read(place, tree.overlay)
  return saveTree(context.store, tree)
}

/** @throws VolumeFolderUnavailableError */
async function onFolder<T>(
  context: EngineContext,
  { name }: VolumeRecord,
  { executor: asked, place }: LiveVolume,
  work: (trees: SharedTrees) => T | Promise<T>,
): Promise<T> {
  try {
    const executor = await context.executor(asked, 'volume')
    // A folder was made for programs that a kernel runs.
    const chosen = executor.choose ? await executor.choose(true) : { executor }
    if (!chosen.executor.shared) throw new VolumeFolderUnavailableError(name, place, chosen.because ?? 'the executor has no such folders')
    return await work(await chosen.executor.shared())
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && ['SHARED_TREE_UNAVAILABLE', 'EXECUTOR_UNAVAILABLE'].includes(String(cause.code)))
      throw new VolumeFolderUnavailableError(name, place, cause.message, { cause })
    throw cause
  }
}
