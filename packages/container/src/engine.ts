import type { Executor } from '@layerwright/executor'
import { listImages } from '@layerwright/image'
import { checkStartOptions } from './check-options.js'
import type { ContainerStore, EngineContext } from './context.js'
import { copyArchiveIn, copyIn } from './copy/in.js'
import { copyArchiveOut, copyOut } from './copy/out.js'
import type { Host } from './host.js'
import { createImageCache } from './images/cache.js'
import { commitContainer } from './images/commit.js'
import { importImage } from './images/import.js'
import { imageHistory, removeImageName, tagExisting } from './images/operations.js'
import { inspectContainer } from './inspect.js'
import { createContainer } from './lifecycle/create.js'
import { execInContainer } from './lifecycle/exec.js'
import { diffContainer, exportContainer, snapshotContainer, withFilesystem } from './lifecycle/files.js'
import { followLog } from './lifecycle/logs.js'
import { removeContainer } from './lifecycle/remove.js'
import { renameContainer } from './lifecycle/rename.js'
import { startContainer } from './lifecycle/start.js'
import { killContainer, restartContainer, stopContainer, waitForContainer } from './lifecycle/stop.js'
import { defaultLimits, type Limits } from './limits.js'
import { listSummaries } from './list.js'
import { reachableBlobs } from './reachable.js'
import { findContainer } from './state/find.js'
import { readLog } from './state/logs.js'
import { realmOnly, type Supervision } from './supervision.js'
import type { Container, ContainerEngine } from './types.js'
import { createVolume } from './volumes/create.js'
import { findVolumes, inspectVolume, pruneVolumes, removeVolume, withVolume } from './volumes/operations.js'

export interface EngineOptions {
  /** Images, containers and volumes live here. */
  readonly store: ContainerStore
  /**
   * Made on first use: creating, copying and committing load none, unless containers that run share a volume. `name`: what a container was made with
   * (`CreateOptions.executor`); for a volume, the class of the executor that it lies with.
   */
  readonly executor: (name?: string, of?: 'container' | 'volume') => Promise<Executor>
  /** Without one, bind mounts and copies to and from the host are refused. */
  readonly host?: Host
  /** How running containers are known to other processes; `nodeSupervision()` of `@layerwright/container/node`. Default: nobody else runs any. */
  readonly supervision?: Supervision
  /** Milliseconds since 1970; default the machine's. */
  readonly clock?: () => number
  readonly limits?: Partial<Limits>
}

/** Opens the engine over a store. It has no state of its own: whatever an operation did is in the store when it ends. */
export function openEngine(options: EngineOptions): ContainerEngine {
  const executors = new Map<string, Promise<Executor>>()
  const context: EngineContext = {
    store: options.store,
    executor: (name, of = 'container') => {
      const key = `${of} ${name}`
      const known = executors.get(key) ?? options.executor(name, of)
      executors.set(key, known)
      return known
    },
    supervision: options.supervision ?? realmOnly(),
    host: options.host,
    clock: options.clock ?? Date.now,
    limits: { ...defaultLimits, ...options.limits },
    images: createImageCache(options.store),
    containers: new Map(),
    volumes: new Map(),
  }
  return {
    containers: {
      create: async (given) => handle(context, await createContainer(context, given)),
      async run(given, attachment = {}) {
        checkStartOptions(attachment)
        const container = handle(context, await createContainer(context, given))
        return { container, ...(await container.start(attachment)) }
      },
      get: async (reference) => handle(context, await findContainer(context, reference)),
      list: (filters) => listSummaries(context, filters),
    },
    volumes: {
      create: (given = {}) => createVolume(context, given),
      inspect: (name) => inspectVolume(context, name),
      list: (filters) => findVolumes(context, filters),
      remove: (name, given) => removeVolume(context, name, given),
      prune: (given) => pruneVolumes(context, given),
      filesystem: (name, work) => withVolume(context, name, work),
    },
    images: {
      list: () => listImages(context.store),
      tag: (image, name) => tagExisting(context, image, name),
      remove: (image, given) => removeImageName(context, image, given),
      history: (image) => imageHistory(context, image),
      import: (archive, given) => importImage(context, archive, given),
    },
    reachable: (without) => reachableBlobs(context, without),
  }
}

function handle(context: EngineContext, id: string): Container {
  return {
    id,
    inspect: () => inspectContainer(context, id),
    start: (options) => startContainer(context, id, options),
    stop: (options) => stopContainer(context, id, options),
    kill: (signal) => killContainer(context, id, signal),
    restart: (options) => restartContainer(context, id, options),
    wait: (signal) => waitForContainer(context, id, signal),
    rename: (name) => renameContainer(context, id, name),
    remove: (options) => removeContainer(context, id, options),
    exec: (options) => execInContainer(context, id, options),
    logs: async () => {
      await findContainer(context, id)
      return readLog(context.store, id)
    },
    followLogs: (signal) => followLog(context, id, signal),
    filesystem: (work) => withFilesystem(context, id, work),
    diff: () => diffContainer(context, id),
    commit: (options) => commitContainer(context, id, options),
    snapshot: () => snapshotContainer(context, id),
    export: (write) => exportContainer(context, id, write),
    copyIn: (hostPath, path, options) => copyIn(context, hostPath, id, path, options),
    copyOut: (path, hostPath, options) => copyOut(context, id, path, hostPath, options),
    copyArchiveIn: (archive, path, options) => copyArchiveIn(context, archive, id, path, options),
    copyArchiveOut: (path, write, options) => copyArchiveOut(context, id, path, write, options),
  }
}
