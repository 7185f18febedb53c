import type { PublishedPort } from '@layerwright/executor'
import { StoreAccessError } from '@layerwright/store'
import { commandLine, dictionary } from './config.js'
import type { EngineContext } from './context.js'
import { NoSuchContainerError } from './errors.js'
import { nameOf } from './lifecycle/ports.js'
import { settleContainer } from './lifecycle/remove.js'
import { isOrphan } from './lifecycle/runs.js'
import { withoutOrphan } from './lifecycle/transaction.js'
import { findContainer } from './state/find.js'
import { readContainer } from './state/records.js'
import type { ContainerConfig, ContainerRecord, ContainerStatus } from './state/types.js'

/** Where a port of a container is on this machine. */
export interface PortBinding {
  readonly HostIp: string
  readonly HostPort: string
}

/** By the container's port, as `80/tcp`. */
export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>

/** A mount as `inspect` shows it. */
export interface InspectedMount {
  readonly Type: 'bind' | 'volume' | 'tmpfs'
  /** Of a volume. */
  readonly Name?: string
  /** Host path of a bind. */
  readonly Source: string
  readonly Destination: string
  readonly Driver?: string
  readonly Mode: string
  readonly RW: boolean
}

/** What `docker inspect` shows of a container, in its words. */
export interface ContainerInspection {
  readonly Id: string
  readonly Name: string
  readonly Created: string
  /** Digest of the image's manifest. */
  readonly Image: string
  readonly Path: string
  readonly Args: readonly string[]
  readonly Config: ContainerConfig & { readonly Tty?: boolean }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly AutoRemove: boolean
    readonly Tmpfs: Readonly<Record<string, string>> | null
    readonly NetworkMode: string
    /** As they were asked for. */
    readonly PortBindings: PortMap
  }
  readonly State: {
    readonly Status: ContainerStatus
    readonly Running: boolean
    readonly ExitCode: number
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
  }
  readonly Mounts: readonly InspectedMount[]
  /** As they are while it runs; null is one that is exposed and not published. */
  readonly NetworkSettings: { readonly Ports: PortMap }
}

/** @throws NoSuchContainerError, AmbiguousContainerError */
export async function inspectContainer(context: EngineContext, reference: string): Promise<ContainerInspection> {
  const id = await findContainer(context, reference)
  const found = await readContainer(context.store, id)
  if (found && isOrphan(context, found)) await settleIfPossible(context, id)
  const present = found && (await readContainer(context.store, id))
  if (!present) throw new NoSuchContainerError(reference)
  const record = withoutOrphan(context, present)
  const [path = '', ...args] = commandLine(record.config)
  const { status, exitCode, error, startedAt, finishedAt } = record.state
  return {
    Id: record.id,
    Name: `/${record.name}`,
    Created: record.created,
    Image: record.image,
    Path: path,
    Args: args,
    Config: record.settings?.terminal ? { ...record.config, Tty: true } : record.config,
    HostConfig: {
      ReadonlyRootfs: record.readonlyRootfs,
      AutoRemove: record.autoRemove,
      Tmpfs: record.tmpfs.length > 0 ? dictionary(record.tmpfs) : null,
      NetworkMode: record.settings?.network ?? 'default',
      PortBindings: portMap(record.settings?.ports ?? [], ''),
    },
    State: {
      Status: status,
      Running: status === 'running',
      ExitCode: exitCode,
      Error: error,
      StartedAt: startedAt,
      FinishedAt: finishedAt,
    },
    Mounts: record.mounts.map((mount) => ({
      Type: mount.type,
      ...(mount.name === undefined ? {} : { Name: mount.name, Driver: 'local' }),
      Source: mount.source ?? '',
      Destination: mount.destination,
      Mode: mount.mode,
      RW: mount.rw,
    })),
    NetworkSettings: { Ports: status === 'running' ? { ...exposed(record), ...portMap(record.state.ports ?? [], '0.0.0.0') } : {} },
  }
}

const exposed = ({ config }: ContainerRecord): PortMap =>
  dictionary(Object.keys(config.ExposedPorts ?? {}).map((name) => [name.includes('/') ? name : `${name}/tcp`, null] as const))

/** @param everywhere what an absent address is called */
function portMap(ports: readonly PublishedPort[], everywhere: string): PortMap {
  const map = new Map<string, PortBinding[]>()
  for (const port of ports) {
    const bindings = map.get(nameOf(port)) ?? []
    map.set(nameOf(port), bindings)
    bindings.push({ HostIp: port.address ?? everywhere, HostPort: port.hostPort === 0 ? '' : String(port.hostPort) })
  }
  return dictionary(map)
}

/** Somebody else may take it away meanwhile; in a store that can only be read it stays as it is, and is shown as it is in truth. */
export async function settleIfPossible(context: EngineContext, id: string): Promise<void> {
  try {
    await settleContainer(context, id)
  } catch (error) {
    if (!(error instanceof NoSuchContainerError || error instanceof StoreAccessError)) throw error
  }
}
