import type { ParseOptions } from '../dockerfile-types.js'
import type { LineRange } from '../parse/types.js'
import type { Platform, ResolvedMount, ResolveOptions } from '../resolve/types.js'

/** What a Dockerfile is asked with; nothing of it is built. */
export interface DescribeOptions extends ParseOptions {
  readonly buildArgs?: ReadonlyMap<string, string>
  readonly platform?: Platform
  /** Names that take the place of stages and images. */
  readonly contexts?: ReadonlySet<string>
}

export interface OutlineOptions extends DescribeOptions {
  /** Name of a stage, or its number; the last one by default. */
  readonly target?: string
  /** Loads base images, as in `ResolveOptions`. Without it nothing is known of them: neither their variables nor their triggers. */
  readonly base?: ResolveOptions['base']
}

/** A stage that can be built. */
export interface TargetInfo extends LineRange {
  readonly index: number
  /** Lower case; `''` for a stage without one, which is built by its number. */
  readonly name: string
  /** What the comment above says of it, else `''`. */
  readonly description: string
  /** What it is built on, variables expanded. */
  readonly base: string
  /** `base` is a stage of this file. */
  readonly fromStage: boolean
  /** As `--platform` says, variables expanded; `''` without it. */
  readonly platform: string
  /** Built where no target is named. */
  readonly default: boolean
}

/** An ARG that the target, or a stage it needs, can be given. */
export interface OutlineArg {
  readonly name: string
  /** What the comment above one of its declarations says, else `''`. */
  readonly description: string
  /** As written; `null` where no declaration has one. */
  readonly default: string | null
  /** With the build arguments as they are and its words expanded; `null` where it has none. */
  readonly value: string | null
  /** One that the builder sets by itself (`TARGETPLATFORM`). */
  readonly predefined: boolean
  readonly locations: readonly LineRange[]
}

interface Asked {
  readonly id: string
  /** Some instruction fails without it. */
  readonly required: boolean
  readonly locations: readonly LineRange[]
}

/** A secret that RUN instructions ask the caller for. */
export type OutlineSecret = Asked
/** An agent that RUN instructions ask the caller for. */
export type OutlineSsh = Asked

/** A cache that outlives builds, by its id. */
export interface OutlineCache {
  readonly id: string
  readonly targets: readonly string[]
  readonly locations: readonly LineRange[]
}

/** A mount of one RUN. */
export interface OutlineMount extends LineRange {
  /** Name of the stage, or its number. */
  readonly stage: string
  readonly mount: ResolvedMount
}

/** What a target takes from outside: everything in it comes from the stages that it needs, and from no other. */
export interface Outline {
  readonly target: TargetInfo
  /** Names of the stages that it needs, itself last; the number of one without a name. */
  readonly stages: readonly string[]
  readonly args: readonly OutlineArg[]
  readonly secrets: readonly OutlineSecret[]
  readonly ssh: readonly OutlineSsh[]
  readonly caches: readonly OutlineCache[]
  readonly mounts: readonly OutlineMount[]
}
