import type { Executor } from '@layerwright/executor'
import type { MaintainedStore } from '@layerwright/store'
import type { RuntimeFile } from './engine-files.js'
import type { Host, HostSource } from './host.js'
import type { ImageCache } from './images/cache.js'
import type { Limits } from './limits.js'
import type { Layout } from './mounts/layout.js'
import type { LiveTree } from './state/trees.js'
import type { Supervision } from './supervision.js'

/** What the engine needs of a store: blobs, records, and locks that hold between processes. */
export type ContainerStore = Pick<
  MaintainedStore,
  'blob' | 'writer' | 'record' | 'putRecord' | 'deleteRecord' | 'recordKeys' | 'hasRecords' | 'touch' | 'lock'
>

/** What a container has in memory between operations. All of it can be made again from the record. */
export interface LiveContainer {
  /** The start that `scratch`, `binds`, `runtime` and `view` belong to. */
  run: number
  upper?: LiveTree
  /** Contents of tmpfs mounts, by destination. */
  readonly scratch: Map<string, LiveTree>
  /** Opened bind sources, by destination: held while the container runs, so that they stay the same folders. */
  readonly binds: Map<string, HostSource>
  /** The engine's own files, as long as it runs. */
  runtime?: readonly RuntimeFile[]
  /** The mounted view, and the trees that it was made of. */
  view?: { readonly layout: Layout; readonly trees: readonly LiveTree[] }
}

/** What the operations share. Made once by `openEngine`. */
export interface EngineContext {
  readonly store: ContainerStore
  /** By the name that a container's or volume's record has for it. */
  readonly executor: (name: string | undefined, of?: 'container' | 'volume') => Promise<Executor>
  readonly supervision: Supervision
  readonly host: Host | undefined
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly limits: Limits
  readonly images: ImageCache
  readonly containers: Map<string, LiveContainer>
  readonly volumes: Map<string, LiveTree>
}

/** The same engine with trees of its own: what is done with them is seen by nobody before it is saved. */
export const apart = (context: EngineContext): EngineContext => ({ ...context, containers: new Map(), volumes: new Map() })

/** RFC 3339. */
export const timestamp = (context: EngineContext): string => new Date(context.clock()).toISOString()

/** The clock of new files: milliseconds are all a portable clock gives. */
export const nanoseconds = (context: EngineContext) => (): bigint => BigInt(Math.trunc(context.clock() * 1000)) * 1000n
