/**
 * A Dockerfile with everything decided that can be decided without running it: the stages that the target needs, each with its
 * base, its steps in order with every word expanded, and the image config and history that it ends with. Plain data.
 */

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** The `config` object of an OCI image config, with Docker's additions (image-spec config.md). Unknown fields are kept. */
export interface ImageRunConfig {
  User?: string
  ExposedPorts?: Record<string, object>
  Env?: string[]
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Volumes?: Record<string, object>
  WorkingDir?: string
  Labels?: Record<string, string>
  StopSignal?: string
  Healthcheck?: { Test?: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; StartInterval?: number; Retries?: number }
  OnBuild?: string[] | null
  Shell?: string[]
  ArgsEscaped?: boolean
}

export interface HistoryEntry {
  created?: string
  created_by?: string
  author?: string
  comment?: string
  empty_layer?: boolean
}

/** An OCI image config. `rootfs.diff_ids` holds the base's layers only, until the build has made its own. */
export interface ImageConfig {
  architecture: string
  os: string
  variant?: string
  author?: string
  created?: string
  config: ImageRunConfig
  rootfs: { type: 'layers'; diff_ids: string[] }
  history?: HistoryEntry[]
}

/** What a stage is built on. */
export type ResolvedBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly stage: number }
  /** `name` is the reference as resolved, or the named context that replaces it; `id` is what `ResolveOptions.base` gave. */
  | { readonly kind: 'image'; readonly name: string; readonly platform: Platform; readonly id: string }

/** Where COPY, ADD or a mount takes its files from. */
export type ResolvedSource =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly stage: number }
  | { readonly kind: 'image'; readonly name: string; readonly platform: Platform; readonly id: string }
  /** `FROM scratch` style emptiness: `--from=scratch`. */
  | { readonly kind: 'scratch' }

/** An instruction as it is written, and what its words name: why it reads as it does. Not part of what the step does. */
export interface WrittenWords {
  readonly text: string
  /** Variables in the order in which they come, with their values; null: it was not set. */
  readonly variables: readonly (readonly [name: string, value: string | null])[]
}

interface StepBase {
  /** Lines of the Dockerfile, 1-based, both inclusive. For a trigger of ONBUILD: those of the FROM that fired it. */
  readonly startLine: number
  readonly endLine: number
  /** `RUN npm ci`: the instruction as BuildKit shows it in progress. */
  readonly display: string
  /** The history line this step adds (`created_by`). */
  readonly createdBy: string
}

/** A `RUN --mount`, every word expanded, checked against the closed set of options (S20). */
export interface ResolvedMount {
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh'
  readonly target?: string
  readonly source?: string
  readonly from?: ResolvedSource
  readonly readonly: boolean
  readonly id?: string
  readonly sharing?: 'shared' | 'private' | 'locked'
  readonly required?: boolean
  /** secret: the environment variable that gets the value. */
  readonly env?: string
  /** Permission bits. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** tmpfs: bytes. */
  readonly sizeLimit?: number
}

/** An inline file of COPY or ADD (`<<name`), its body expanded where its delimiter was unquoted. */
export interface InlineFile {
  readonly name: string
  /** Its text; U+FFFD in the place of each byte that is no UTF-8. */
  readonly data: string
  /** The file where `data` can't hold it. */
  readonly bytes?: Uint8Array
}

export type ResolvedStep =
  | (StepBase & {
      readonly kind: 'run'
      /** With the shell in front for the shell form. */
      readonly argv: readonly string[]
      /** The text of the shell form; absent for the exec form. */
      readonly script?: string
      /** Every ENV and ARG in scope as the process sees it, in order, including the proxy arguments. */
      readonly env: readonly (readonly [name: string, value: string])[]
      /** Files given to the process at /dev/pipes (RUN <<EOF with a shebang or several heredocs). */
      readonly files: readonly InlineFile[]
      readonly cwd: string
      readonly user: string
      readonly mounts: readonly ResolvedMount[]
      readonly network: 'default' | 'none' | 'host'
      readonly security: 'sandbox' | 'insecure'
    })
  | (StepBase & {
      readonly kind: 'copy' | 'add'
      readonly from: ResolvedSource
      readonly sources: readonly string[]
      readonly inline: readonly InlineFile[]
      /** Absolute; keeps a trailing slash where the instruction wrote one (or `.`), which makes it a directory. */
      readonly dest: string
      /** As written after expansion, for example `app:app`; names are looked up in the stage's tree. */
      readonly chown?: string
      /** Octal (`0644`) or symbolic (`u=rwX,go=rX`) after expansion. */
      readonly chmod?: string
      readonly link: boolean
      readonly parents: boolean
      readonly exclude: readonly string[]
      readonly checksum?: string
      readonly keepGitDir?: boolean
      readonly unpack?: boolean
      readonly written: WrittenWords
    })
  | (StepBase & {
      readonly kind: 'workdir'
      /** Absolute and clean. */
      readonly path: string
      /** Who owns the directories that have to be made. */
      readonly user: string
      readonly written: WrittenWords
    })

export interface ResolvedStage {
  readonly index: number
  /** Lower case; `''` when the stage has none. */
  readonly name: string
  readonly base: ResolvedBase
  readonly platform: Platform
  /** Those that make a layer, in order. */
  readonly steps: readonly ResolvedStep[]
  /** Complete: config, and history with one line per step and per config-only instruction, behind the base's own. */
  readonly image: ImageConfig
  /** Stages that have to be built before this one: its base and everything it copies or mounts from. */
  readonly needs: readonly number[]
}

export interface ResolveWarning {
  readonly rule: string
  readonly message: string
  readonly description: string
  readonly url: string
  readonly startLine: number
  readonly endLine: number
}

export interface ResolvedBuild {
  /** Only what the target needs, in an order in which each follows its `needs`. */
  readonly stages: readonly ResolvedStage[]
  /** Index of the target stage (`ResolvedStage.index`). */
  readonly target: number
  readonly warnings: readonly ResolveWarning[]
  /** Seconds since 1970, where a build argument or a global ARG gives SOURCE_DATE_EPOCH. New history lines bear it. */
  readonly sourceDateEpoch?: number
}

/** A base image as far as resolution needs it. */
export interface BaseImage {
  /** What the caller knows it by; comes back in `ResolvedBase.id`. */
  readonly id: string
  readonly config: ImageConfig
}

export interface ResolveOptions {
  /** Stage name or index; the last stage by default. */
  readonly target?: string
  readonly buildArgs?: ReadonlyMap<string, string>
  /** `--label`: added behind the Dockerfile's own. */
  readonly labels?: ReadonlyMap<string, string>
  readonly platform?: Platform
  readonly buildPlatform?: Platform
  /** Names for which `base` must be asked first, because they replace stages, images and `--from` names. */
  readonly contexts?: ReadonlySet<string>
  /**
   * Loads a base image's config; called once per reference and platform.
   * `context`: the reference is one of `contexts`. Gives undefined for a context that is a plain folder (no config).
   */
  base(reference: string, platform: Platform, context: boolean): Promise<BaseImage | undefined>
  /** Patterns of the ignore file, for the CopyIgnoredFile rule. */
  readonly ignorePatterns?: readonly string[]
}
