import type { Digest } from '@layerwright/digest'
import type { Platform, ResolveWarning } from '@layerwright/dockerfile'
import type { Executor, HostEntry, Resources } from '@layerwright/executor'
import type { StoredImage } from '@layerwright/image'
import type { Decompress } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import type { Snapshot } from '@layerwright/vfs'
import type { Explanation } from './cache/explain/types.js'
import type { CacheOptions } from './cache/options.js'
import type { CacheFrom, CacheTo } from './cache/shared/types.js'
import type { BuildGraph } from './graph/data.js'
import type { Fetch, GitClient } from './remote/types.js'

/** Decides, parents first, which paths of a context reach the build. Made from the ignore file. */
export interface ContextFilter {
  /** `parentState`: what the visit of the directory gave; undefined at the top. A directory that is entered but not kept appears only if something below is kept. */
  visit(path: string, isDir: boolean, parentState: unknown): { readonly keep: boolean; readonly descend: boolean; readonly state: unknown }
}

/** What a build asks of a context when it needs the files. */
export interface ContextRequest {
  /** Decides which paths reach the build; made from the ignore file. All of them when absent. */
  readonly filter?: ContextFilter
  /** The time that every entry gets; the source's own when absent. */
  readonly mtimeNs?: bigint
  /** Small notes kept between builds (the stat cache of a host folder). */
  readonly notes: ContextNotes
}

/** Bytes by name, kept in the build's store. */
export interface ContextNotes {
  load(name: string): Promise<Uint8Array | undefined>
  save(name: string, bytes: Uint8Array): Promise<void>
}

/** `RUN --network=host` and `RUN --security=insecure` need one each. */
export type Entitlement = 'network.host' | 'security.insecure'

/** Settings of `docker build` for all RUN steps. */
export interface RunSettings {
  /** Sockets of ssh agents on this machine, by the id that `RUN --mount=type=ssh` names (`default` without one). */
  readonly ssh?: ReadonlyMap<string, string>
  /** More lines of /etc/hosts. Part of the key. */
  readonly extraHosts?: readonly HostEntry[]
  /** Limits and the size of /dev/shm are part of the key; memory and processor time are not, as the machine's own are not. */
  readonly resources?: Resources
  /** For a RUN without `--network`. */
  readonly network?: 'default' | 'none' | 'host'
}

/** Where a build's files come from. `memoryContext` and `snapshotContext` are portable, `hostContext` lives in `/node`. */
export interface BuildContext {
  /** Which project this is, so that a miss is explained by this project's earlier builds; a host folder's path. Never part of a key. */
  readonly id?: string
  /** Bytes of one file by its path in the context, before any ignore file; undefined where there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>
  /** The tree that is left after the filter, all of it owned by root. Called at most once per build. */
  snapshot(request: ContextRequest): Promise<Snapshot>
  /** Called once after a build that took the tree, whether it succeeded or not: time to save what was learnt. */
  done?(notes: ContextNotes): Promise<void>
}

/** What a `--build-context NAME=…` stands for. */
export type NamedContext =
  | { readonly kind: 'files'; readonly context: BuildContext }
  /** Picks the image for a platform; undefined where it has none. */
  | { readonly kind: 'image'; image(platform: Platform): Promise<StoredImage | undefined> }

export interface BuildOptions {
  readonly context: BuildContext
  readonly store: Store
  /** Runs RUN; its `class` is part of every RUN's key. Without one a RUN that is not cached fails with EXECUTOR_MISSING. */
  readonly executor?: Executor
  /** Path of the Dockerfile in the context; default `Dockerfile`. */
  readonly dockerfile?: string
  /** The Dockerfile itself, when it does not lie in the context. Its name is still `dockerfile`. */
  readonly dockerfileText?: string | Uint8Array
  readonly contexts?: ReadonlyMap<string, NamedContext>
  /** Finds a base image that is no named context; by default by its name in the store. */
  readonly images?: (reference: string, platform: Platform) => Promise<StoredImage | undefined>
  readonly target?: string
  /** Several targets in one build, in the place of `target`: they share the context, the graph, and every step that they have in common. */
  readonly targets?: readonly string[]
  readonly buildArgs?: ReadonlyMap<string, string>
  readonly labels?: ReadonlyMap<string, string>
  /** Put into the manifest of every image. */
  readonly annotations?: ReadonlyMap<string, string>
  /** One image each; more than one makes an index. As text (`linux/arm64`) or as data. Default: what the base image is for, else linux/amd64. */
  readonly platforms?: readonly (Platform | string)[]
  readonly secrets?: ReadonlyMap<string, Uint8Array>
  /** What every RUN gets beside what its line says. */
  readonly run?: RunSettings
  /** Privileges that the Dockerfile may ask for (S25); none by default. */
  readonly allow?: ReadonlySet<Entitlement>
  /** Run every step, whatever the cache has. */
  readonly noCache?: boolean
  /** Shared caches that are looked into, in this order, for what the store lacks. */
  readonly cacheFrom?: readonly CacheFrom[]
  /** Shared caches that the results of the build are brought to. */
  readonly cacheTo?: readonly CacheTo[]
  /** Whether the image says of its own layers which steps they are, so that it is a cache wherever it lies. Changes its digest. Default false. */
  readonly inlineCache?: boolean
  /** How results of earlier builds are used. */
  readonly cache?: CacheOptions
  /** Seconds since 1970 for everything the host or the clock would have dated. */
  readonly sourceDateEpoch?: number
  /**
   * `fixed` (default): what the host or the clock wrote is dated `sourceDateEpoch`, or 1980-01-01 (DESIGN, decision 12).
   * `source`: times as BuildKit keeps them.
   */
  readonly timestamps?: 'fixed' | 'source'
  /**
   * `source` (default): modes of context files as their folder has them, as Docker does it. `git`: 0755 for what its owner may execute, else 0644, and 0755
   * for directories, so that a checkout with another umask gives the same image.
   */
  readonly modes?: 'source' | 'git'
  /** With `source` and a `sourceDateEpoch`: later times in new layers are lowered to it (exporter option rewrite-timestamp). */
  readonly rewriteTimestamp?: boolean
  /** Unpacks what ADD finds compressed; by default gzip and zstd in JavaScript. `decompress` of @layerwright/layer/node is faster. */
  readonly decompress?: Decompress
  /** Gets what ADD takes from the web; default: the platform's. */
  readonly fetch?: Fetch
  /** Gets what ADD takes from Git repositories: `gitClient` of `/node`. Without one such an ADD is UNSUPPORTED. */
  readonly git?: GitClient
  /** Steps at the same time; default 16. */
  readonly concurrency?: number
  readonly onEvent?: (event: BuildEvent) => void
  readonly signal?: AbortSignal
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

export type StepOutcome = 'cached' | 'ran' | 'skipped' | 'cancelled' | 'failed'

/** One step of the graph as progress shows it. */
export interface StepInfo {
  /** Stable within a build: `STAGE_INDEX.STEP`, with the platform in front where several are built. */
  readonly id: string
  /** Stage name; `stage-N` for one without a name, empty where it is the only one. */
  readonly stage: string
  /** 1-based, as in `[build 2/5]`. */
  readonly number: number
  readonly of: number
  /** The instruction as it was resolved. */
  readonly instruction: string
  /** 1-based; 0 for a base image. */
  readonly startLine: number
  readonly endLine: number
}

export interface StepReport extends StepInfo {
  readonly outcome: StepOutcome
  /** Of its result in the cache; absent where it was never worked out. */
  readonly key?: Digest
  /** Why it was cached, or why it had to run; for a reader. */
  readonly reason: string
  /** Milliseconds after the build began; 0 for a step that never did. */
  readonly startedMs: number
  readonly durationMs: number
  /** Of a step that ran, with `cache.explain`. */
  readonly explanation?: Explanation
  /** Of a step that ran under a tracer: the calls that this followed, and milliseconds of processor time that it took beside the command's own. */
  readonly tracing?: { readonly calls: number; readonly tracerMs: number }
  /** Absent where the step made no layer. */
  readonly layer?: { readonly diffId: Digest; readonly entries: number; readonly bytes: number }
}

export type BuildEvent =
  | { readonly type: 'build.started'; readonly steps: readonly StepInfo[] }
  | { readonly type: 'warning'; readonly warning: ResolveWarning }
  | { readonly type: 'notice'; readonly code: string; readonly message: string }
  | ({ readonly type: 'step.started' } & StepInfo)
  | { readonly type: 'step.output'; readonly id: string; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | ({ readonly type: 'step.finished' } & StepReport)
  | { readonly type: 'build.finished'; readonly digests: readonly Digest[]; readonly durationMs: number }

export interface BuiltImage {
  /** As it was asked for; undefined: the last stage. */
  readonly target: string | undefined
  readonly platform: Platform
  readonly image: StoredImage
  /** True if any layer of it comes from a simulated RUN. */
  readonly simulated: boolean
}

export interface BuildResult {
  /** For each target one per platform, in the order asked for. */
  readonly images: readonly BuiltImage[]
  /** The first of them. */
  readonly image: StoredImage
  readonly steps: readonly StepReport[]
  readonly warnings: readonly ResolveWarning[]
  /**
   * With shared caches: step results that were found there; layers that had to be brought, and their bytes as they travelled; entries that were put there, and those
   * that were there already.
   */
  readonly shared?: {
    readonly hits: number
    readonly layers: number
    readonly bytes: number
    readonly put: number
    readonly present: number
  }
  /** The graph with what each step cost, and its critical path. */
  readonly graph: BuildGraph
}

export type { Platform }
