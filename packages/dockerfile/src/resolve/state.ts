import type { Instruction, Stage } from '../instructions/types.js'
import type { LintReporter } from '../lint/reporter.js'
import type { EscapeToken, LineRange } from '../parse/types.js'
import { Environment } from './env.js'
import type { Globals } from './global-args.js'
import type { BaseImage, ImageConfig, Platform, ResolvedBase, ResolvedStep, ResolveOptions } from './types.js'

/** An instruction of a stage with the states that it takes files from: one for COPY, one per mount for RUN. */
export interface Command {
  readonly instruction: Instruction
  readonly sources: readonly (StageState | undefined)[]
}

/** An ARG as a stage has it; `undefined` for one without a value. */
export interface StageArg {
  readonly key: string
  readonly value: string | undefined
}

/** The last CMD, ENTRYPOINT or HEALTHCHECK of a stage: the next one makes it useless. */
export interface Tracker {
  previous: LineRange | undefined
}

/** A stage while it is resolved; also an image that COPY or a mount names without a FROM (`unregistered`). */
export interface StageState {
  /** Of the Dockerfile's stages; -1 for an image that is none. */
  readonly index: number
  readonly stage: Stage | undefined
  readonly range: LineRange
  /** What is shown: its name, or `stage-N`. */
  label: string
  /** Base name as it stands: expanded, later the full reference. */
  baseName: string
  platform: Platform | undefined
  /** The named context that takes the place of the stage. */
  readonly context: string | undefined
  base: StageState | undefined
  readonly dependencies: Map<StageState, Instruction>
  commands: Command[]
  /** Has its files, so that others can take from it. */
  dispatched: boolean
  baseLoaded: boolean
  triggersRead: boolean
  image: ImageConfig
  resolvedBase: ResolvedBase
  environment: Environment
  /** With forward slashes, whatever the platform. */
  cwd: string
  args: StageArg[]
  readonly steps: ResolvedStep[]
  /** WORKDIR has been set in this Dockerfile. */
  workdirSet: boolean
  readonly cmd: Tracker
  readonly entrypoint: Tracker
  readonly healthcheck: Tracker
}

/** Everything that is the same for all stages of one resolution. */
export interface Session {
  readonly options: ResolveOptions
  readonly escape: EscapeToken
  readonly buildArgs: ReadonlyMap<string, string>
  readonly target: Platform
  readonly build: Platform
  /** No platform was asked for. */
  readonly implicitTarget: boolean
  readonly globals: Globals
  readonly epoch: number | undefined
  readonly lint: LintReporter
  /** Lint of a whole file: every stage is gone through, whether the target needs it or not. */
  readonly allStages: boolean
  readonly ignore: IgnoreRules | undefined
  /** Key of `options.contexts` by the name it is compared by. */
  readonly contexts: ReadonlyMap<string, string>
  readonly loadBase: (reference: string, platform: Platform, context: boolean) => Promise<BaseImage | undefined>
}

/** What CopyIgnoredFile needs to know of the ignore file. */
export interface IgnoreRules {
  readonly hasExceptions: boolean
  /** All entries of the root are left out. */
  readonly leavesOutRoot: boolean
  ignores(path: string): boolean
}

export function newState(
  fields: Pick<StageState, 'index' | 'stage' | 'range' | 'label' | 'baseName' | 'platform' | 'context'>,
): StageState {
  const { index, stage, range, label, baseName, platform, context } = fields
  return {
    index,
    stage,
    range,
    label,
    baseName,
    platform,
    context,
    base: undefined,
    dependencies: new Map(),
    commands: [],
    dispatched: false,
    baseLoaded: false,
    triggersRead: false,
    image: blankImage(),
    resolvedBase: { kind: 'scratch' },
    environment: new Environment(),
    cwd: '/',
    args: [],
    steps: [],
    workdirSet: false,
    cmd: { previous: undefined },
    entrypoint: { previous: undefined },
    healthcheck: { previous: undefined },
  }
}

export function blankImage(): ImageConfig {
  return { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } }
}

/** A copy that a stage may change: its config field by field, its history line by line. What is in the fields is replaced, never changed. */
export function ownImage(image: ImageConfig): ImageConfig {
  return { ...image, config: { ...image.config }, ...(image.history ? { history: [...image.history] } : {}) }
}

/** The search path that an image without one gets. */
export const defaultPath = (os: string): string =>
  os === 'windows' ? 'c:\\Windows\\System32;c:\\Windows' : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What FROM scratch starts with. */
export function scratchImage({ os, architecture, variant }: Platform): ImageConfig {
  return {
    architecture,
    os,
    ...(variant ? { variant } : {}),
    // On Windows the search path is left to the system.
    config: { WorkingDir: '/', ...(os === 'windows' ? {} : { Env: [`PATH=${defaultPath(os)}`] }) },
    rootfs: { type: 'layers', diff_ids: [] },
  }
}

/** The stages and images of a build in the order in which they turn up, and the stages by name. */
export class StageRegistry {
  readonly states: StageState[] = []
  private readonly byName = new Map<string, StageState>()

  add(state: StageState): void {
    this.states.push(state)
    // The names are lower case and the base name is compared as written: FROM BUILD is not the stage `build`.
    state.base = this.byName.get(state.baseName)
    if (state.stage && state.stage.name !== '') this.byName.set(state.stage.name.toLowerCase(), state)
  }

  find(name: string): StageState | undefined {
    return this.byName.get(name.toLowerCase())
  }

  /** The names by which stages are found, in lower case. */
  names(): string[] {
    return [...this.byName.keys()]
  }

  labels(): string[] {
    return this.states.map(({ label }) => label).filter((label) => label !== '')
  }
}
