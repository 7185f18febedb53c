import type { Digest } from '@layerwright/digest'
import type { HistoryEntry } from '@layerwright/image'
import type { Content, FileSystem, Snapshot, TreeChange } from '@layerwright/vfs'
import type { CopyInOptions } from './copy/in.js'
import type { CopyOutOptions } from './copy/out.js'
import type { CommitOptions } from './images/commit.js'
import type { ImportOptions } from './images/import.js'
import type { ImageSummary, RemovedImage } from './images/operations.js'
import type { ContainerInspection } from './inspect.js'
import type { CreateOptions } from './lifecycle/create.js'
import type { ExecOptions } from './lifecycle/exec.js'
import type { RemoveOptions } from './lifecycle/remove.js'
import type { StartOptions, StartResult } from './lifecycle/start.js'
import type { StopOptions } from './lifecycle/stop.js'
import type { ContainerSummary } from './list.js'
import type { LogEntry } from './state/types.js'
import type { VolumeCreateOptions } from './volumes/create.js'
import type { VolumeInfo } from './volumes/operations.js'

/** From created to gone. */
export interface ContainerLife {
  /** Runs the main process to its end, unless it is detached or the container is held. */
  start(options?: StartOptions): Promise<StartResult>
  /** Sends the stop signal, and kills what has not ended after a while. Gives back when it has ended. */
  stop(options?: StopOptions): Promise<void>
  /** By default SIGKILL, and then waits for the end. */
  kill(signal?: string): Promise<void>
  restart(options?: StartOptions & { readonly stop?: StopOptions }): Promise<StartResult>
  /** Waits until it does not run, and gives the exit code. */
  wait(signal?: AbortSignal): Promise<number>
  rename(name: string): Promise<void>
  remove(options?: RemoveOptions): Promise<void>
}

/** Its layer, and what goes in and out of it. */
export interface ContainerFiles {
  /**
   * Works on the files of a running container as uid 0, through all its mounts, alone: other operations on the container and its volumes
   * wait, so `work` must not start one. What was changed is saved when it ends.
   * @throws ContainerNotRunningError
   */
  filesystem<T>(work: (filesystem: FileSystem) => T | Promise<T>): Promise<T>
  /** What differs from the image, as `docker diff` shows it. */
  diff(): Promise<TreeChange[]>
  /** Its layer as a new image: gives the image's digest. */
  commit(options?: CommitOptions): Promise<Digest>
  /** Its whole tree, without what lies in mounts. Frozen. */
  snapshot(): Promise<Snapshot>
  /** The same as a tar. The memory that `write` gets is reused. */
  export(write: (bytes: Uint8Array) => void): Promise<void>
}

/** Copies between the host and the container, running or not. Host paths are absolute. */
export interface ContainerCopies {
  copyIn(hostPath: string, path: string, options?: CopyInOptions): Promise<void>
  copyOut(path: string, hostPath: string, options?: CopyOutOptions): Promise<void>
  copyArchiveIn(archive: Content, path: string, options?: CopyInOptions): Promise<void>
  copyArchiveOut(path: string, write: (bytes: Uint8Array) => void, options?: CopyOutOptions): Promise<void>
}

/** A container. The handle stays good when the container is renamed; when it is removed, everything throws NoSuchContainerError. */
export interface Container extends ContainerLife, ContainerFiles, ContainerCopies {
  readonly id: string
  /** In the shape that `docker inspect` gives. */
  inspect(): Promise<ContainerInspection>
  /** Runs a command in it, while it runs, and gives the exit code. */
  exec(options: ExecOptions): Promise<number>
  /** What its main process put out, over all its starts. */
  logs(): Promise<LogEntry[]>
  /** The same, and what comes, until it does not run any more. */
  followLogs(signal?: AbortSignal): AsyncIterable<LogEntry>
}

export interface RunResult extends StartResult {
  readonly container: Container
}

export interface Containers {
  /** Makes a container; its volumes are created and filled now. */
  create(options: CreateOptions): Promise<Container>
  /** Makes and starts one. Where the start is refused, the container stays, as created, unless it removes itself. */
  run(options: CreateOptions, attachment?: StartOptions): Promise<RunResult>
  /** By name, id, or the beginning of an id. @throws NoSuchContainerError, AmbiguousContainerError */
  get(reference: string): Promise<Container>
  /**
   * The latest first; by default all. Filters `ancestor`, `exited`, `id`, `label`, `name`, `status`, `volume` as `KEY=VALUE`.
   * @throws InvalidFilterError
   */
  list(filters?: readonly string[]): Promise<ContainerSummary[]>
}

export interface Volumes {
  /** Gives the name. One that is there already stays as it is. */
  create(options?: VolumeCreateOptions): Promise<string>
  inspect(name: string): Promise<VolumeInfo>
  /** Filters `dangling`, `driver`, `label`, `name` as `KEY=VALUE`. By name. */
  list(filters?: readonly string[]): Promise<VolumeInfo[]>
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>
  /** Removes the anonymous volumes that no container uses, with `all` the named ones too; gives the names. Filters `label`, `label!`. */
  prune(options?: { readonly filters?: readonly string[]; readonly all?: boolean }): Promise<string[]>
  /** Works on a volume's files from outside, alone. */
  filesystem<T>(name: string, work: (filesystem: FileSystem) => T | Promise<T>): Promise<T>
}

/** The store's images, as far as containers make, name and remove them. */
export interface Images {
  /** Names and digests; an image without a name is listed once. */
  list(): Promise<ImageSummary[]>
  tag(image: string, name: string): Promise<void>
  /** Takes a name away, or with the last one the image. @throws NoSuchImageError, ImageInUseError */
  remove(image: string, options?: { readonly force?: boolean }): Promise<RemovedImage>
  /** Newest first. */
  history(image: string): Promise<HistoryEntry[]>
  /** A tree in a tar as an image of one layer. */
  import(archive: Content, options?: ImportOptions): Promise<Digest>
}

/** Containers, volumes and images over one store. Several engines, in one process or in many, may share it. */
export interface ContainerEngine {
  readonly containers: Containers
  readonly volumes: Volumes
  readonly images: Images
  /** Every blob that a container or volume needs, but for the containers with the ids `without`: what a collection of the store must keep beside the images. */
  reachable(without?: ReadonlySet<string>): Promise<Set<Digest>>
}
