/**
 * What the thread of the caller (the host) and the worker tell each other: structured clones, with buffers handed over.
 *
 * The host sends the trees that a command sees; inodes and contents have numbers that both sides keep, so that a tree is sent once and the next
 * command costs what changed since. Bytes are asked for when a command reads them. What the command changed comes back as data at its end.
 */
import type { FileType, FsErrorCode } from '@layerwright/vfs'
import type { ExecutorLimits } from '../../limits.js'
import type { FileAccess, RequestFile } from '../../types.js'
import type { ShellRequest } from '../request.js'

/** What is needed of a worker: the web's `Worker` has it. */
export interface ShellWorker {
  postMessage(message: unknown, transfer: Transferable[]): void
  addEventListener(type: 'message' | 'messageerror' | 'error', listener: (event: Event) => void): void
  /** Answers what the worker asks and waits for, standing still meanwhile: only where there is such a thing. */
  answer?(answer: (call: CallMessage) => CallReply): void
  /** Ends it, whatever it is doing. A promise is waited for. */
  terminate(): unknown
  /** While a command runs the program must not end, afterwards it may: only where there is such a thing. */
  ref?(): void
  unref?(): void
}

/** What is needed inside a worker: the web's `self` has it. */
export interface ShellScope {
  postMessage(message: unknown, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  /** Asks the host and stands still until it has answered: only where there is such a thing. */
  call?(call: CallMessage): CallReply
}

/** Inodes as columns: one row each. What few of them have stands beside the columns, by row. */
export interface InodeRows {
  /** Index into `INODE_TYPES`. */
  readonly types: Uint8Array<ArrayBuffer>
  readonly modes: Uint16Array<ArrayBuffer>
  readonly uids: Uint32Array<ArrayBuffer>
  readonly gids: Uint32Array<ArrayBuffer>
  /** Nanoseconds since 1970. */
  readonly mtimes: BigInt64Array<ArrayBuffer>
  /** Number of a file's content; 0 for everything else. */
  readonly contents: Uint32Array<ArrayBuffer>
  readonly targets: readonly (readonly [row: number, target: string])[]
  readonly devices: readonly (readonly [row: number, major: number, minor: number])[]
  readonly xattrs: readonly (readonly [row: number, xattrs: ReadonlyMap<string, Uint8Array>])[]
  /** Times that 64 bits do not hold. */
  readonly times: readonly (readonly [row: number, mtimeNs: bigint])[]
}

/** The inodes that the worker does not know yet, children before parents; the first has the number `first`. */
export interface TreeRows extends InodeRows {
  readonly first: number
  /** Number of entries of each directory, in the order of the rows. */
  readonly counts: Uint32Array<ArrayBuffer>
  /** Numbers of the inodes of all entries. */
  readonly children: Uint32Array<ArrayBuffer>
  /** Names of all entries, with slashes between them. */
  readonly names: string
  /** Sizes of the contents that the worker does not know yet; the first has the number `firstContent`. */
  readonly firstContent: number
  readonly sizes: Float64Array<ArrayBuffer>
}

/** A writable tree: what it was made over and what it is now, as numbers of inodes. */
export interface OverlayData {
  readonly lower: number
  readonly current: number
  readonly umask: number
  readonly owner: { readonly uid: number; readonly gid: number }
  /** What its clock is ahead of the machine's, in nanoseconds. */
  readonly aheadNs: bigint
  /** See `OverlayOptions`; 0: no bound. */
  readonly maxBytes: number
}

/** A filesystem in its place; the first one is the root. */
export interface MountData {
  readonly target: string
  readonly source: OverlaySource | HostSource
  readonly readonly: boolean
}

/** A tree that was sent. */
export interface OverlaySource {
  /** Index into the overlays. */
  readonly overlay: number
  readonly subpath: string
}

/** Something that only the host can look at, a folder of its machine: every operation is a call. */
export interface HostSource {
  readonly root: NodeData
}

export interface RunMessage {
  readonly type: 'run'
  readonly command: Pick<ShellRequest, 'argv' | 'env' | 'cwd' | 'user' | 'hostname' | 'stdin'> & { readonly files?: readonly RequestFile[] }
  readonly options: {
    readonly limits: Partial<ExecutorLimits>
    readonly everyCommand: boolean
    /** What the clock is ahead of the machine's, in milliseconds. */
    readonly aheadMs: number
  }
  /** What the host wants to be told of. */
  readonly wants: { readonly output: boolean; readonly access: boolean; readonly program: boolean }
  readonly rows: TreeRows
  readonly overlays: readonly OverlayData[]
  readonly mounts: readonly MountData[]
}

/** Bytes that were asked for, and those of the contents that follow where they will be asked for next; `undefined`: they could not be read. */
export interface BytesMessage {
  readonly type: 'bytes'
  readonly request: number
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly ahead: readonly (readonly [content: number, bytes: Uint8Array<ArrayBuffer>])[]
}

/** A node of a filesystem that the host has. */
export interface NodeData {
  readonly node: number
  readonly type: FileType
}

/** An operation of `Mountable`, by its name. */
export interface CallMessage {
  readonly method: CallMethod
  readonly args: readonly (CallArgument | readonly PieceData[])[]
}

export type CallMethod = (typeof CALL_METHODS)[number]
export const CALL_METHODS = [
  'lookup',
  'stat',
  'list',
  'readlink',
  'content',
  'same',
  'create',
  'link',
  'unlink',
  'rmdir',
  'rename',
  'write',
  'replace',
  'resize',
  'setAttributes',
  'setXattr',
] as const

/** A node, or something that is cloned as it is. */
export type CallArgument = { readonly node: number } | { readonly value: unknown }

export type CallReply =
  | { readonly node: NodeData | undefined }
  | { readonly content: number; readonly size: number }
  | { readonly value: unknown }
  /** What a system call fails with. */
  | { readonly errno: FsErrorCode; readonly op: string; readonly path: string }
  /** Any other fault: the host keeps it under this number, as one of a read. */
  | { readonly fault: number }

/** The host has taken in so many bytes of output. */
export interface TakenMessage {
  readonly type: 'taken'
  readonly bytes: number
}

/** The command shall end at its next step, and what it did be sent. */
export interface AbortMessage {
  readonly type: 'abort'
}

export type ToWorker = RunMessage | BytesMessage | TakenMessage | AbortMessage

/** Something that happened. */
export type Told =
  | { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly access: FileAccess }
  | { readonly program: readonly string[] }

export type PathAccess = Extract<FileAccess, { path: string }>
export const ACCESS_KINDS: readonly PathAccess['kind'][] = ['lookup', 'mode', 'stat', 'read', 'readdir', 'tree']

/** Accesses behind one another: a command may have tens of thousands of them. */
export interface AccessRows {
  /** Indices into `ACCESS_KINDS`. */
  readonly kinds: Uint8Array<ArrayBuffer>
  /** With NULs between them. */
  readonly paths: string
}

export interface ToldMessage {
  readonly type: 'told'
  /** In its order. */
  readonly told: readonly (Told | AccessRows)[]
}

export interface ReadMessage {
  readonly type: 'read'
  readonly request: number
  readonly content: number
  readonly start: number
  readonly end: number
}

/** A piece of a content that a command made: bytes, a number of zeros, or a piece of one that the host has. */
export type PieceData = Uint8Array<ArrayBuffer> | number | readonly [content: number, start: number, end: number]

/** The changes of one overlay: `paths[i]` has the inode of the next row, or, where it is in `removed`, nothing any more. */
export interface ChangesData {
  readonly paths: readonly string[]
  readonly removed: Uint8Array<ArrayBuffer>
  /** Number of the row of each path that has one: names of one inode have the same. */
  readonly row: Uint32Array<ArrayBuffer>
  /** A directory's entries are not in it; `contents` are indices into `made`. The last row is the root itself. */
  readonly rows: InodeRows
  /** Absolute names that inodes of these rows had before and have still. */
  readonly known: readonly (readonly [row: number, path: string])[]
  /** Contents: the number of one that the host has, or pieces. */
  readonly made: readonly (number | readonly PieceData[])[]
}

/** An error as data; `read`: a read of the host's that failed, by the number of the request. */
export type FaultData =
  | { readonly kind: 'executor'; readonly code: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'read'; readonly request: number }
  | { readonly kind: 'other'; readonly name: string; readonly code: unknown; readonly message: string; readonly stack: string | undefined }

export interface DoneMessage {
  readonly type: 'done'
  readonly outcome: { readonly exitCode: number } | { readonly fault: FaultData }
  /** By overlay; `undefined` where nothing changed. */
  readonly changes: readonly (ChangesData | undefined)[]
}

export type ToHost = ToldMessage | ReadMessage | DoneMessage
