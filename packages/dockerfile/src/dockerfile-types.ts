import type { Mount } from './instructions/mount-types.js'
import type { ArgInstruction, Instruction, Stage } from './instructions/types.js'
import type { DockerfileLimits } from './limits.js'
import type { Directive, DockerfileNode, EscapeToken, ParseWarning, SyntaxDirective } from './parse/types.js'

/** A Dockerfile read in full. */
export interface Dockerfile {
  readonly escape: EscapeToken
  readonly directives: readonly Directive[]
  readonly syntax: SyntaxDirective | null
  /** Every instruction as text, in order. */
  readonly nodes: readonly DockerfileNode[]
  /** The ARG instructions above the first FROM. */
  readonly metaArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
  /** What the parser itself has to say, filtered by `# check=`. */
  readonly warnings: readonly ParseWarning[]
}

export interface ParseOptions {
  readonly limits?: Partial<DockerfileLimits>
}

/** Reads a whole Dockerfile. Throws `DockerfileSyntaxError`. Exported as `parseDockerfile`. */
export type ParseDockerfile = (source: string | Uint8Array, options?: ParseOptions) => Dockerfile

/** Reads one instruction on its own, as a trigger of ONBUILD is. Throws `DockerfileSyntaxError`. Exported as `parseInstruction`. */
export type ParseInstruction = (text: string, options?: ParseOptions) => Instruction

/** Reads a `RUN --mount` value; every option value goes through `expand` first. Throws `MountError`, and what `expand` throws. Exported as `parseMount`. */
export type ParseMount = (raw: string, expand: (word: string) => string) => Mount
