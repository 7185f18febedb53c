import type { Platform } from '@layerwright/image'
import { checkCreateOptions } from '../check-options.js'
import { type ConfigOverrides, mergeConfig } from '../config.js'
import { type EngineContext, timestamp } from '../context.js'
import { BindSourceMissingError, ContainerNameConflictError, HostNotAvailableError, NoSuchContainerError } from '../errors.js'
import { openImage } from '../images/find.js'
import { type MountOptions, mountTable, parseMounts, type WantedVolume } from '../mounts/table.js'
import type { MountPoint } from '../mounts/types.js'
import { inherited, parseVolumesFrom } from '../mounts/volumes-from.js'
import { checkContainerName, inventName, randomId } from '../names.js'
import { findContainer } from '../state/find.js'
import { NAMES_LOCK, volumeLock, withLocks } from '../state/locks.js'
import { listContainers, readContainer, readVolume, writeVolume } from '../state/records.js'
import { NO_TREE } from '../state/trees.js'
import type { ContainerRecord, ProcessSettings } from '../state/types.js'
import { newVolume } from '../volumes/create.js'
import { forgetVolume } from '../volumes/operations.js'
import { checkVolumeOptions } from '../volumes/options.js'
import { makeWorkdir, populate, toPopulate } from './populate.js'
import { portsOf, withExposed } from './ports.js'
import { Session } from './session.js'
import { volumesOf } from './session-volumes.js'
import { signalNumber } from './signals.js'

/** What a container is made from. */
export interface CreateOptions extends Omit<ConfigOverrides, 'volumes'>, MountOptions {
  /** Two characters or more; a readable one is invented where it is absent. */
  readonly name?: string
  /** Only mounts can be written to. */
  readonly readonlyRootfs?: boolean
  /** Removed with its anonymous volumes when it stops. */
  readonly autoRemove?: boolean
  /** Started without its command: mounted and running until it is stopped, for `exec` and file operations. */
  readonly hold?: boolean
  /** What `EngineOptions.executor` is to be asked for, whenever something runs in it. */
  readonly executor?: string
  /** How its processes are run. */
  readonly settings?: ProcessSettings
  /** Which image, where the name stands for several: that of this platform. Default: the first. */
  readonly platform?: Platform
  /** Ports that the image exposes get any that is free, as far as `settings.ports` says nothing of them. */
  readonly publishAll?: boolean
}

/**
 * Makes a container and gives its id. Its volumes are created, and filled if they are empty, now and not at start. Takes constant time but for
 * that: the image's tree is not copied.
 * @throws OptionsInvalidError, NoSuchImageError, NoCommandError, ContainerNameConflictError and the errors of names, mounts and working directories; nothing is
 * left behind by a refusal.
 */
export async function createContainer(context: EngineContext, options: CreateOptions): Promise<string> {
  checkCreateOptions(options)
  const { limits, store } = context
  const name = options.name === undefined ? undefined : checkContainerName(options.name, limits.nameLength)
  const parsed = parseMounts(options, limits.mounts)
  const image = await openImage(context, options.image, options.platform)
  const id = randomId()
  if (options.stopSignal !== undefined) signalNumber(options.stopSignal)
  const { volumes: _, platform: __, ...overrides } = options
  const merged = mergeConfig(image.config.config ?? {}, { ...overrides, volumes: parsed.anonymous }, id)
  const ports = portsOf(merged, options.settings?.ports ?? [], options.publishAll ?? false)
  const config = withExposed(merged, ports)
  const handedOn = await inheritedMounts(context, options.volumesFrom ?? [])
  const table = mountTable(parsed, handedOn, Object.keys(config.Volumes ?? {}), limits.nameLength)
  await checkBinds(context, table.points)
  const record: ContainerRecord = {
    version: 1,
    id,
    name: name ?? '',
    created: timestamp(context),
    image: image.digest,
    config,
    readonlyRootfs: options.readonlyRootfs ?? false,
    autoRemove: options.autoRemove ?? false,
    hold: options.hold ?? false,
    ...(options.executor === undefined ? {} : { executor: options.executor }),
    ...(options.settings === undefined && ports.length === 0
      ? {}
      : { settings: { ...options.settings, ...(ports.length === 0 ? {} : { ports }) } }),
    tmpfs: parsed.tmpfs,
    mounts: table.points,
    upper: NO_TREE,
    scratch: [],
    state: { status: 'created', run: 0, exitCode: 0, startedAt: '', finishedAt: '', error: '' },
  }
  return withLocks(store, [NAMES_LOCK, ...volumesOf(record).map(volumeLock)], async () => {
    const taken = new Map((await listContainers(store)).map((other) => [other.name, other.id]))
    const holder = name === undefined ? undefined : taken.get(name)
    if (holder !== undefined) throw new ContainerNameConflictError(name!, holder)
    const created: string[] = []
    const session = new Session(context, { ...record, name: name ?? inventName((each) => taken.has(each)) })
    try {
      await ensureVolumes(context, table.volumes, handedOn, created)
      await furnish(session)
      session.update({})
      await session.save()
    } catch (error) {
      session.discard()
      for (const volume of created) await forgetVolume(context, volume)
      throw error
    }
    return id
  })
}

async function furnish(session: Session): Promise<void> {
  const { config, mounts } = session.record
  const filling = toPopulate(mounts)
  // The tree is not even looked at unless something has to be made in it.
  if (config.WorkingDir === '' && filling.length === 0) return
  const { overlay } = await session.upper()
  makeWorkdir(overlay, config.WorkingDir ?? '')
  for (const mount of filling) populate(await session.volumes.open(mount.name!), overlay, mount)
}

/** A bind of the long form needs its source now; that of the short form is made at start. @throws BindSourceMissingError, HostNotAvailableError */
async function checkBinds({ host }: EngineContext, points: readonly MountPoint[]): Promise<void> {
  for (const { type, source = '', createSource } of points) {
    if (type !== 'bind') continue
    if (!host) throw new HostNotAvailableError(source)
    if (!createSource && (await host.kind(source)) === undefined) throw new BindSourceMissingError(source)
  }
}

/** Makes the volumes that are missing and adds their names to `created`. @throws InvalidVolumeOptionError */
async function ensureVolumes(
  context: EngineContext,
  wanted: readonly WantedVolume[],
  handedOn: readonly MountPoint[],
  created: string[],
): Promise<void> {
  const named = [
    ...wanted,
    ...handedOn.flatMap(({ name }) => (name === undefined ? [] : [{ name, anonymous: false, labels: {}, options: {} }])),
  ]
  for (const { name, anonymous, labels, options } of named) {
    if (await readVolume(context.store, name)) continue
    checkVolumeOptions(new Map(Object.entries(options)))
    await writeVolume(context.store, newVolume(context, name, anonymous, Object.entries(labels), Object.entries(options)))
    created.push(name)
  }
}

async function inheritedMounts(context: EngineContext, sources: readonly string[]): Promise<MountPoint[]> {
  const mounts = new Map<string, MountPoint>()
  for (const source of sources) {
    const { container, readonly } = parseVolumesFrom(source)
    const record = await readContainer(context.store, await findContainer(context, container))
    if (!record) throw new NoSuchContainerError(container)
    for (const mount of inherited(record.mounts, readonly)) mounts.set(mount.destination, mount)
  }
  return [...mounts.values()]
}
