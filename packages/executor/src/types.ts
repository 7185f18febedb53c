import type { Layer } from '@layerwright/layer'
import type { FileSystem, Mount, Mountable, Overlay, Snapshot } from '@layerwright/vfs'
import type { Identity } from './users.js'

/** A file that the command sees and the tree never gets: a heredoc script at `/dev/pipes/EOF`. */
export interface RequestFile {
  /** Absolute. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Permission bits; default 0o755. */
  readonly mode?: number
}

/** A mount as an executor is told of it. */
export interface ExecMount extends Mount {
  /** The kernel refuses to execute what lies there. */
  readonly noexec?: boolean
  /**
   * Nobody looks at what is written there: a real sandbox mounts a tmpfs, with `size` in bytes where it is bounded, that holds what the source does,
   * and the source stays as it is.
   */
  readonly scratch?: { readonly size?: number | undefined }
  /**
   * Path of a socket of this machine (an ssh agent) that the command connects to here. The source is an empty file: the command's socket
   * gets its mode and owner. An executor that cannot do it throws RUN_OPTION_UNSUPPORTED.
   */
  readonly socket?: string
  /** Of the source, for `Executor.recover`. */
  readonly name?: string
}

/** A line of /etc/hosts. */
export interface HostEntry {
  readonly name: string
  readonly address: string
}

/** A limit of setrlimit(2) by its name in small letters: `nofile`. */
export interface Ulimit {
  readonly name: string
  /** In the limit's own unit; -1 is none. */
  readonly soft: number
  readonly hard: number
}

/** A port of this machine that leads to one of a command. */
export interface PublishedPort {
  /** Of this machine: IPv4 or IPv6, without brackets. Absent: all that it has. */
  readonly address?: string
  /** Of this machine; 0 is any that is free. */
  readonly hostPort: number
  /** Of the command. */
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/** How much of the machine a command may use. An executor that cannot bound it throws RUN_OPTION_UNSUPPORTED. */
export interface Resources {
  readonly ulimits?: readonly Ulimit[]
  /** Of all its processes together. */
  readonly memoryBytes?: number
  /** Processors' worth of time: 1.5 is one and a half. */
  readonly cpus?: number
  /** Size of /dev/shm; 64 MiB by default. */
  readonly shmBytes?: number
}

/** What one command sees and may do. */
export interface ExecRequest {
  /** The writable tree the command works on; the executor changes it in place. A step throws it away when the command fails. */
  readonly overlay: Overlay
  /** `overlay` with its mounts (volumes, binds, tmpfs) in place: what the command sees. */
  readonly filesystem: FileSystem
  /**
   * The mounts that `filesystem` has, for a sandbox that makes its own: their mount points are there. Sources are overlays or host
   * folders; a real sandbox has the kernel's own /proc, /sys and /dev and leaves out what is mounted exactly there.
   */
  readonly mounts?: readonly ExecMount[]
  /** Only mounts can be written to; `filesystem` says so too. */
  readonly readonlyRoot?: boolean
  /**
   * A frozen tree and the layers that it is made of, lowest first: a real sandbox mounts these. `overlay` is that tree with changes, and
   * shares what it did not change.
   */
  readonly lower: { readonly snapshot: Snapshot; readonly layers: readonly Layer[] }
  /** Already with its shell in front where the shell form was used. */
  readonly argv: readonly string[]
  /** The whole environment, in order. */
  readonly env: ReadonlyMap<string, string>
  /** Names in `env` whose values are secrets: they must not lie on a disk, not even while the command runs (S40). */
  readonly secretEnv?: ReadonlySet<string>
  /** Absolute. */
  readonly cwd: string
  /** `user`, `user:group`, ids or names as USER takes them; empty is root. */
  readonly user?: string
  readonly hostname?: string
  /** An executor that cannot hand it on as it comes reads it to its end first. */
  readonly stdin?: Input
  /**
   * The command gets a terminal of its own, shown on the one that this process has: `stdin` and `onOutput` are not used. An executor that
   * cannot do it throws RUN_OPTION_UNSUPPORTED.
   */
  readonly terminal?: boolean
  /** `private`: one of its own, from which other machines can be reached. `default` is that of the machine, or `private` where `ports` ask for it. */
  readonly network?: 'default' | 'none' | 'host' | 'private'
  /** An executor that cannot publish them throws RUN_OPTION_UNSUPPORTED. */
  readonly ports?: readonly PublishedPort[]
  /** Lines for /etc/hosts beside those of localhost; `filesystem` has them already where the caller made that file. */
  readonly extraHosts?: readonly HostEntry[]
  readonly resources?: Resources
  /** `insecure`: all capabilities and devices, nothing hidden. Who asks has checked that it is allowed (S25). Default `sandbox`. */
  readonly security?: 'sandbox' | 'insecure'
  /** Files beside the tree, read-only for the command; those under `/dev` are the usual place. */
  readonly files?: readonly RequestFile[]
  /** Called for each piece of output, as soon as there is one. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Told of everything that the command looked at, each thing at least once. Only by an executor that `traces`. */
  readonly onAccess?: (access: FileAccess) => void
  /** Told once that the command runs, by an executor that can do something to it; one that ends at once may not be told of. */
  readonly onStarted?: (command: RunningCommand) => void
  readonly signal?: AbortSignal
  /**
   * What the command did until it was aborted shall be there, as with a container that is killed. An executor that cannot say what it was, because
   * the command never pauses or has a kernel of its own, leaves nothing. Default false: it may be left or not.
   */
  readonly keepAborted?: boolean
  /** Names the run for `Executor.recover`: as no other one is named. What it wrote lies on the machine until then, or until `release`. */
  readonly recoverAs?: string
}

/** Into what a run is recovered. */
export interface RecoverRequest {
  /** As the command's was when it began. */
  readonly overlay: Overlay
  /** Mounted trees, by the names that their mounts had. */
  readonly trees: ReadonlyMap<string, Overlay>
}

/** Standard input: all of it, or pieces as they come. */
export type Input = Uint8Array | AsyncIterable<Uint8Array>

/** What can be done to a command that runs. */
export interface RunningCommand {
  /** Sends a signal by its number on Linux. One that ended meanwhile gets none. */
  kill(signal: number): void
  /** Names it to other processes of this machine, for `Executor.join`. */
  readonly handle?: string
  /** The ports that were asked for, all with numbers. */
  readonly ports?: readonly PublishedPort[]
}

/** A further command in the sandbox of one that runs. */
export interface JoinRequest
  extends Pick<ExecRequest, 'argv' | 'env' | 'cwd' | 'stdin' | 'terminal' | 'onOutput' | 'onStarted' | 'signal'> {
  readonly identity: Identity
}

/** The sandbox of a command that runs, perhaps another process'. */
export interface JoinedSandbox {
  /**
   * Runs a command beside the one that is there, to its end.
   * @throws ExecutorError
   */
  run(request: JoinRequest): Promise<ExecResult>
  /**
   * Brings `overlay`, which is as the command's was when it began, to what the command made of its tree so far. Contents are read from where
   * the command goes on writing: store them at once.
   */
  look(overlay: Overlay): Promise<void>
  /**
   * The command's files as it sees them now, mounts included: read and written at once.
   * @throws ExecutorUnavailableError where the command does not run any more
   */
  files(): LiveFiles
}

/** Close it when nothing uses it any more. */
export interface LiveFiles {
  readonly source: Mountable
  /** Paths, links resolved. What is mounted on a file goes when that file is removed from outside. */
  readonly mountPoints: ReadonlySet<string>
  close(): void
}

/**
 * One thing that a command looked at. Paths are absolute and real: links on the way were followed, and each name on the way is a `lookup` of its own,
 * whether it was there or not. A path that the command itself has made or changed may be told too.
 *
 * - `lookup`: what the name is: missing, or its type, and the target of a link
 * - `mode`: type, mode, owner and extended attributes
 * - `stat`: these, and size, time, number of links, device numbers
 * - `read`: the bytes of a file
 * - `readdir`: the names in a directory, and their types
 * - `tree`: everything at and below the path
 */
export type FileAccess =
  | { readonly kind: 'lookup' | 'mode' | 'stat' | 'read' | 'readdir' | 'tree'; readonly path: string }
  /** A variable of its environment, set or not; '' when it saw all of them. */
  | { readonly kind: 'env'; readonly name: string }
  /** It did something that cannot be followed: what was told is not all. `reason` completes "it cannot be traced: …". */
  | { readonly kind: 'untraced'; readonly reason: string }

export interface ExecResult {
  /** 0 to 255. */
  readonly exitCode: number
  /**
   * Contents that the command wrote may lie in a scratch folder: call this once the changes are stored, or not read any more. What still
   * reads them then fails. Not called, the folder is removed when the process ends.
   */
  readonly release?: () => void
  /** What it took to tell `onAccess`; absent where that cost nothing that is worth a word, or nobody was told. */
  readonly tracing?: { readonly calls: number; readonly tracerMs: number }
}

/** An executor, and for the reader why it is no better one. */
export interface ChosenExecutor {
  readonly executor: Executor
  readonly because?: string
}

/** Runs one command on an overlay. */
export interface Executor {
  /** Results are shared within one class (DESIGN, decision 13): `linux`, or `shell/<command-pack version>`. */
  readonly class: string
  readonly simulated: boolean
  /** Whether `onAccess` is told everything; an executor that cannot know variables tells `{ kind: 'env', name: '' }`. */
  readonly traces?: boolean
  /** Why it does not trace where it could: what is missing, and what to do about it. */
  readonly untraced?: string | undefined
  /**
   * Of an executor that stands for several: which one runs commands on a tree. Asked before a step's key is made; its own `class` and `simulated`
   * then say nothing.
   * @param programs what `hasPrograms` says of the tree
   */
  choose?(programs: boolean): Promise<ChosenExecutor>
  /**
   * Runs to the end; a non-zero exit is a result, not an error.
   * @throws ExecutorError where the command could not be run at all (unknown user, refused, aborted).
   */
  run(request: ExecRequest): Promise<ExecResult>
  /**
   * Of an executor whose commands have handles: gets at the sandbox of one that runs.
   * @throws ExecutorUnavailableError where it does not run any more, or its runtime takes no further commands
   */
  join?(handle: string): Promise<JoinedSandbox>
  /**
   * Of an executor that keeps what a command wrote whose process was killed with the machine's own means: brings that into `request`. Contents are read from where the command left
   * them: call what is given back once they are stored, and not before.
   * @returns undefined where nothing is left of a run of that name
   * @throws ExecutorError where something is left that cannot be read
   */
  recover?(name: string, request: RecoverRequest): Promise<(() => void) | undefined>
  /** Of an executor whose commands can have one tree at once. */
  shared?(): Promise<SharedTrees>
}

/**
 * Trees that are folders of the machine for a while: several commands have one mounted at once, and so has whoever else opens it. What is called for one folder must not
 * overlap: the caller sees to that, also between processes.
 */
export interface SharedTrees {
  /** A place for a folder, as there was and will be no other one. */
  newPlace(): string
  /**
   * Makes the folder of a tree, whole or not at all.
   * @throws IdUnavailableError
   */
  make(place: string, tree: Snapshot): Promise<void>
  /**
   * The folder for mounts; writes are there at once.
   * @throws SharedTreeUnavailableError where it is not there, or another user's
   */
  open(place: string): OpenedTree
  /**
   * Brings `overlay` to what the folder holds. Contents are read from there: `remove` it when they are stored.
   * @returns false where nothing was done: there is no folder, or the machine lost its power before all that `make` put there was on the disk
   * @throws SharedTreeUnavailableError where it is another user's
   */
  read(place: string, overlay: Overlay): Promise<boolean>
  /** Removes the folder, if it is there. */
  remove(place: string): void
  /** Waits until no process of the runs of these names (`ExecRequest.recoverAs`) is left whose supervisors were killed. */
  untilOver(runs: readonly string[]): Promise<void>
}

/** Close it when nothing uses it any more. */
export interface OpenedTree {
  readonly source: Mountable
  close(): void
}
