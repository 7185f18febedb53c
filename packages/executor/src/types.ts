import type { Layer } from '@layerwright/layer'
import type { FileSystem, Overlay, Snapshot } from '@layerwright/vfs'

/** What one command sees and may do. */
export interface ExecRequest {
  /** The writable tree the command works on; the executor changes it in place. A step throws it away when the command fails. */
  readonly overlay: Overlay
  /** `overlay` with its mounts (volumes, binds, tmpfs) in place: what the command sees. */
  readonly filesystem: FileSystem
  /** The frozen lower tree and the layers it is made of, lowest first: a real sandbox mounts these. */
  readonly lower: { readonly snapshot: Snapshot; readonly layers: readonly Layer[] }
  /** Already with its shell in front where the shell form was used. */
  readonly argv: readonly string[]
  /** The whole environment, in order. */
  readonly env: ReadonlyMap<string, string>
  /** Absolute. */
  readonly cwd: string
  /** `user`, `user:group`, ids or names as USER takes them; empty is root. */
  readonly user?: string
  readonly hostname?: string
  readonly stdin?: Uint8Array
  readonly network?: 'default' | 'none' | 'host'
  /** Called for each piece of output, as soon as there is one. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  readonly signal?: AbortSignal
}

export interface ExecResult {
  readonly exitCode: number
}

/** Runs one command on an overlay. */
export interface Executor {
  /** Results are shared within one class (DESIGN, decision 13): `linux`, or `shell/<command-pack version>`. */
  readonly class: string
  readonly simulated: boolean
  /**
   * Runs to the end; a non-zero exit is a result, not an error.
   * @throws ExecutorError where the command could not be run at all (unknown user, refused, aborted).
   */
  run(request: ExecRequest): Promise<ExecResult>
}
