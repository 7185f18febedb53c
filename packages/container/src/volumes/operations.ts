import { type FileSystem, mountView } from '@layerwright/vfs'
import type { EngineContext } from '../context.js'
import { NoSuchVolumeError, VolumeInUseError } from '../errors.js'
import { booleanFilter, hasLabel, matchesName, parseFilters } from '../filters.js'
import { volumeLock, withLocks } from '../state/locks.js'
import { deleteVolume, listContainers, listVolumes, readVolume } from '../state/records.js'
import type { ContainerRecord, VolumeRecord } from '../state/types.js'
import { forgetFolder, openVolume } from './live.js'
import { saveVolume } from './tree.js'

/** A volume as others see it. */
export interface VolumeInfo {
  readonly name: string
  readonly driver: string
  readonly labels: ReadonlyMap<string, string>
  readonly options: ReadonlyMap<string, string>
  /** RFC 3339. */
  readonly created: string
  readonly anonymous: boolean
  readonly scope: 'local'
}

const describe = ({ name, driver, labels, options, created, anonymous }: VolumeRecord): VolumeInfo => ({
  name,
  driver,
  labels: new Map(labels),
  options: new Map(options),
  created,
  anonymous,
  scope: 'local',
})

const uses = (container: ContainerRecord, volume: string): boolean => container.mounts.some(({ name }) => name === volume)

/** @throws NoSuchVolumeError */
export async function inspectVolume({ store }: EngineContext, name: string): Promise<VolumeInfo> {
  const record = await readVolume(store, name)
  if (!record) throw new NoSuchVolumeError(name)
  return describe(record)
}

const LIST_FILTERS = ['dangling', 'driver', 'label', 'name']

/** Volumes by name; of several names one has to match, of several labels all. @throws InvalidFilterError */
export async function findVolumes({ store }: EngineContext, filterTexts: readonly string[] = []): Promise<VolumeInfo[]> {
  const filters = parseFilters(filterTexts, LIST_FILTERS)
  const of = (key: string): string[] => filters.filter((filter) => filter.key === key).map(({ value }) => value)
  const dangling = booleanFilter(filters, 'dangling')
  const containers = dangling === undefined ? [] : await listContainers(store)
  const [names, drivers, labels] = [of('name'), of('driver'), of('label')]
  const found = (await listVolumes(store)).filter(
    (volume) =>
      (names.length === 0 || names.some((name) => matchesName(volume.name, name))) &&
      (drivers.length === 0 || drivers.includes(volume.driver)) &&
      labels.every((label) => hasLabel(volume.labels, label)) &&
      (dangling === undefined || dangling === !containers.some((container) => uses(container, volume.name))),
  )
  return found.map(describe)
}

/** @throws NoSuchVolumeError (unless forced), VolumeInUseError (forced or not) */
export function removeVolume(context: EngineContext, name: string, options: { readonly force?: boolean } = {}): Promise<void> {
  const { store } = context
  return withLocks(store, [volumeLock(name)], async () => {
    if (!(await readVolume(store, name))) {
      if (options.force) return
      throw new NoSuchVolumeError(name)
    }
    const users = (await listContainers(store)).filter((container) => uses(container, name)).map(({ id }) => id)
    if (users.length > 0) throw new VolumeInUseError(name, users)
    await forgetVolume(context, name)
  })
}

/** Takes a volume out of the store. The caller holds its lock and knows that nobody uses it. */
export async function forgetVolume(context: EngineContext, name: string): Promise<void> {
  await forgetFolder(context, name)
  await deleteVolume(context.store, name)
  context.volumes.delete(name)
}

const PRUNE_FILTERS = ['label', 'label!', 'all']

/**
 * Removes volumes that no container uses: the anonymous ones, with `all` the named ones too (as engines before 23.0 always did).
 * Gives the names, sorted. @throws InvalidFilterError
 */
export async function pruneVolumes(
  context: EngineContext,
  options: { readonly filters?: readonly string[]; readonly all?: boolean } = {},
): Promise<string[]> {
  const filters = parseFilters(options.filters ?? [], PRUNE_FILTERS)
  const all = booleanFilter(filters, 'all') ?? options.all ?? false
  const wanted = (await listVolumes(context.store)).filter(
    (volume) =>
      (all || volume.anonymous) &&
      filters.every(({ key, value }) =>
        key === 'label' ? hasLabel(volume.labels, value) : key !== 'label!' || !hasLabel(volume.labels, value),
      ),
  )
  const removed: string[] = []
  for (const { name } of wanted) {
    try {
      await removeVolume(context, name)
      removed.push(name)
    } catch (error) {
      // In use, or removed by somebody else meanwhile: then it is not ours to prune.
      if (!(error instanceof VolumeInUseError || error instanceof NoSuchVolumeError)) throw error
    }
  }
  return removed
}

/** Works on a volume's files from outside, alone, and saves what was changed. @throws NoSuchVolumeError */
export function withVolume<T>(context: EngineContext, name: string, work: (filesystem: FileSystem) => T | Promise<T>): Promise<T> {
  return withLocks(context.store, [volumeLock(name)], async () => {
    const { tree, folder } = await openVolume(context, name)
    try {
      return await work(tree ? tree.overlay : mountView(folder.source))
    } finally {
      if (tree) await saveVolume(context, name, tree)
      folder?.close()
    }
  })
}
