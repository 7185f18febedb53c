import type { ArgInstruction, Stage } from './instructions/types.js'
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
