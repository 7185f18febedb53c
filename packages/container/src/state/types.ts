import type { Digest } from '@layerwright/digest'
import type { ImageRunConfig } from '@layerwright/dockerfile'
import type { HostEntry, PublishedPort, Resources } from '@layerwright/executor'
import type { MountPoint } from '../mounts/types.js'

/** A writable tree at rest: a layer in the store, and what a layer cannot say, the root directory's own attributes. */
export interface TreeRef {
  /** Changes relative to the tree below it; null: none yet. */
  readonly diffId: Digest | null
  /** Null: as in the tree below. */
  readonly root: { readonly mode: number; readonly uid: number; readonly gid: number; readonly mtimeNs: string } | null
}

/** A container's configuration: the image's `config` with what `create` was told merged in. */
export interface ContainerConfig extends ImageRunConfig {
  Hostname: string
  /** The image as it was named. */
  Image: string
}

export type ContainerStatus = 'created' | 'running' | 'exited'

export interface ContainerState {
  readonly status: ContainerStatus
  /** Which of its starts this is, counted from 1; 0: none yet. */
  readonly run: number
  readonly exitCode: number
  /** RFC 3339; empty before the first start or end. */
  readonly startedAt: string
  readonly finishedAt: string
  /** Why the last start was refused. */
  readonly error: string
  /** Who runs the main process: see `Supervision`. Absent where it does not run, or there is none. */
  readonly owner?: string
  /** Names the main process for the executor. */
  readonly handle?: string
  /** The ports that lead to it, all with numbers. */
  readonly ports?: readonly PublishedPort[]
}

/** How the processes of a container are run, beyond what an image says. */
export interface ProcessSettings {
  /** Seconds that `stop` waits before it kills; 10 by default. */
  readonly stopTimeout?: number
  /** Absent: that of the machine, or one of its own where ports are published. */
  readonly network?: 'none' | 'host' | 'private'
  /** Ports of this machine that lead to the container's while it runs. */
  readonly ports?: readonly PublishedPort[]
  readonly extraHosts?: readonly HostEntry[]
  readonly resources?: Resources
  /** The main process has a terminal. */
  readonly terminal?: boolean
}

/** Everything a container is, at rest. One JSON record per container, replaced as a whole. */
export interface ContainerRecord {
  readonly version: 1
  readonly id: string
  readonly name: string
  /** RFC 3339. */
  readonly created: string
  /** The image's manifest. */
  readonly image: Digest
  readonly config: ContainerConfig
  readonly readonlyRootfs: boolean
  readonly autoRemove: boolean
  /** Kept alive without a process. */
  readonly hold: boolean
  /** What the executor is called for whoever made the container. */
  readonly executor?: string
  /** How the main process is run, beyond the configuration. */
  readonly settings?: ProcessSettings
  /** `--tmpfs`: target to options. */
  readonly tmpfs: readonly (readonly [target: string, options: string])[]
  readonly mounts: readonly MountPoint[]
  readonly upper: TreeRef
  /** What lies in the tmpfs mounts while it runs, by destination. */
  readonly scratch: readonly (readonly [destination: string, tree: TreeRef])[]
  readonly state: ContainerState
}

/** Everything a volume is, at rest. */
export interface VolumeRecord {
  readonly version: 1
  readonly name: string
  readonly driver: 'local'
  readonly labels: readonly (readonly [key: string, value: string])[]
  readonly options: readonly (readonly [key: string, value: string])[]
  /** RFC 3339. */
  readonly created: string
  /** The name was generated. */
  readonly anonymous: boolean
  /** Relative to an empty tree. While somebody holds it: as it was before. */
  readonly tree: TreeRef
  readonly live?: LiveVolume
}

/** A volume's folder, which it is while containers run on it whose executor lets them share it. */
export interface LiveVolume {
  /** Class of the executor whose folder it is; `EngineOptions.executor` is asked for that name. */
  readonly executor: string
  /** See `SharedTrees`. */
  readonly place: string
  /** Who runs on it; who died without a word is still among them. Nobody: the folder is only to be removed. */
  readonly holders: readonly Holder[]
}

/** One start of a container. */
export interface Holder {
  readonly container: string
  /** `ContainerState.run` */
  readonly run: number
}

/** One piece of a container's output. */
export interface LogEntry {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339. */
  readonly time: string
  readonly bytes: Uint8Array
}
