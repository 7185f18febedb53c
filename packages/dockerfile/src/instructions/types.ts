import type { MountError } from '../errors.js'
import type { LineRange } from '../parse/types.js'
import type { Mount } from './mount-types.js'

/**
 * Pass two: every instruction of the language with each field typed. Words (`$NAME`, quotes, escapes) are as written: expanding them
 * needs an environment, so it is the resolver's work. Only flags are unquoted, because the first pass had to split them.
 */
interface InstructionBase extends LineRange {
  /** The keyword as written (`run`, `RUN`). */
  readonly keyword: string
  /** The logical line: continuations joined, comments inside dropped, trimmed. */
  readonly source: string
  /** The comment lines right above, without `#`, trimmed. */
  readonly comments: readonly string[]
}

/** A key and value of ENV or LABEL. `legacy`: written `ENV key value`, without `=`. */
export interface KeyValue {
  readonly key: string
  readonly value: string
  readonly legacy: boolean
}

export interface ArgPair {
  readonly key: string
  /** `null` for `ARG NAME`, `''` for `ARG NAME=`. */
  readonly value: string | null
  /** What the comment above says of this argument (`# NAME text`), else `''`. */
  readonly doc: string
}

/** A here-document of RUN, CMD or ENTRYPOINT. `data` has its leading tabs still. */
export interface CommandHeredoc {
  readonly name: string
  readonly data: string
  /** As of `HeredocNode`. */
  readonly bytes?: Uint8Array
  readonly chomp: boolean
}

/** An inline file of COPY or ADD; leading tabs are removed already where `<<-` asks for it. */
export interface FileHeredoc {
  readonly name: string
  readonly data: string
  /** The file where `data` can't hold it: bytes that are no UTF-8 and are not expanded. */
  readonly bytes?: Uint8Array
  /** Variables in `data` are to be expanded. */
  readonly expand: boolean
}

interface CommandLine {
  readonly form: 'shell' | 'exec'
  /** Shell form: one text, or none. */
  readonly args: readonly string[]
  readonly heredocs: readonly CommandHeredoc[]
}

export interface ArgInstruction extends InstructionBase {
  readonly name: 'ARG'
  readonly args: readonly ArgPair[]
}

export interface EnvInstruction extends InstructionBase {
  readonly name: 'ENV'
  readonly pairs: readonly KeyValue[]
}

export interface LabelInstruction extends InstructionBase {
  readonly name: 'LABEL'
  readonly pairs: readonly KeyValue[]
}

export type NetworkMode = 'default' | 'none' | 'host'
export type SecurityMode = 'sandbox' | 'insecure'

export interface Device {
  readonly name: string
  readonly required: boolean
}

/**
 * One `--mount` flag. `parsed` is the reading with its words unexpanded; where that reading fails, `error` says why. The reference
 * reports most of these faults only when the instruction is resolved, so neither makes the Dockerfile invalid: read `raw` with `parseMount`.
 */
export interface MountFlag {
  readonly raw: string
  readonly parsed?: Mount
  readonly error?: MountError
}

export interface RunInstruction extends InstructionBase, CommandLine {
  readonly name: 'RUN'
  /** Names of the flags written, sorted, without dashes. */
  readonly flagsUsed: readonly string[]
  readonly network: NetworkMode
  readonly security: SecurityMode
  readonly devices: readonly Device[]
  readonly mounts: readonly MountFlag[]
}

export interface CmdInstruction extends InstructionBase, CommandLine {
  readonly name: 'CMD'
}

export interface EntrypointInstruction extends InstructionBase, Omit<CommandLine, 'args'> {
  readonly name: 'ENTRYPOINT'
  /** `null` where nothing was given (`ENTRYPOINT`, `ENTRYPOINT []`): it removes the entry point of the base. */
  readonly args: readonly string[] | null
}

interface FileTransfer extends InstructionBase {
  readonly sources: readonly string[]
  readonly dest: string
  readonly heredocs: readonly FileHeredoc[]
  /** `''` where not given; likewise the other texts. */
  readonly chown: string
  readonly chmod: string
  readonly link: boolean
  readonly exclude: readonly string[]
}

export interface CopyInstruction extends FileTransfer {
  readonly name: 'COPY'
  readonly from: string
  readonly parents: boolean
}

export interface AddInstruction extends FileTransfer {
  readonly name: 'ADD'
  readonly checksum: string
  /** `null` where the flag was not given. */
  readonly keepGitDir: boolean | null
  readonly unpack: boolean | null
}

export interface HealthcheckInstruction extends InstructionBase {
  readonly name: 'HEALTHCHECK'
  /** `['NONE']`, `['CMD', …]` or `['CMD-SHELL', text]`. */
  readonly test: readonly string[]
  /** Durations in nanoseconds; 0 where not given. */
  readonly intervalNs: number
  readonly timeoutNs: number
  readonly startPeriodNs: number
  readonly startIntervalNs: number
  readonly retries: number
}

export interface ExposeInstruction extends InstructionBase {
  readonly name: 'EXPOSE'
  /** Sorted by their bytes, as the reference does. */
  readonly ports: readonly string[]
}

export interface UserInstruction extends InstructionBase {
  readonly name: 'USER'
  readonly user: string
}

export interface WorkdirInstruction extends InstructionBase {
  readonly name: 'WORKDIR'
  readonly path: string
}

export interface VolumeInstruction extends InstructionBase {
  readonly name: 'VOLUME'
  readonly volumes: readonly string[]
}

export interface StopsignalInstruction extends InstructionBase {
  readonly name: 'STOPSIGNAL'
  readonly signal: string
}

export interface ShellInstruction extends InstructionBase {
  readonly name: 'SHELL'
  readonly shell: readonly string[]
}

export interface MaintainerInstruction extends InstructionBase {
  readonly name: 'MAINTAINER'
  readonly maintainer: string
}

export interface OnbuildInstruction extends InstructionBase {
  readonly name: 'ONBUILD'
  /** The trigger's text with its here-documents, as it is stored in an image. `parseInstruction` reads it. */
  readonly expression: string
}

/** Any instruction inside a stage. FROM is the stage itself. */
export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction

export type InstructionName = Instruction['name'] | 'FROM'

/** A stage: its FROM and the instructions below it. Line range, keyword, source and comments are those of the FROM. */
export interface Stage extends InstructionBase {
  /** Lower case, `''` when it has none. */
  readonly name: string
  /** As written, with its variables. */
  readonly baseName: string
  /** As written in `--platform`, `''` without it. */
  readonly platform: string
  /** What the comment above says of the stage (`# name text`), else `''`. */
  readonly doc: string
  readonly commands: readonly Instruction[]
}
