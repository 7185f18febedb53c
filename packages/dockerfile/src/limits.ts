/** What bounds the work that a Dockerfile can cause (S41). Sizes in UTF-8 bytes unless said otherwise. */
export interface DockerfileLimits {
  /** The whole file. The largest real ones are some 100 KB; above 16 MiB it is not a Dockerfile. */
  readonly fileBytes: number
  /** One line with its newline, as in the reference (its line reader has a 64 KiB buffer). */
  readonly lineBytes: number
  /** Instructions in a file. An image can't have more than 127 layers on most engines. */
  readonly instructions: number
  /** Body of one here-document, in characters (UTF-16 units) of the text. */
  readonly heredocLength: number
  /** `${a:-${b:-…}}` nesting, and ONBUILD inside ONBUILD: each level is one level of recursion. */
  readonly nesting: number
  /** Characters that the expansion of one word may produce: `${x//a/$x}` squares its input. */
  readonly expandedLength: number
  /** Steps that matching the patterns of one word (`${x##*a}`) may take: a value's length times its pattern's, at worst. */
  readonly patternSteps: number
}

export const defaultLimits: DockerfileLimits = {
  fileBytes: 16 * 1024 * 1024,
  lineBytes: 65536,
  instructions: 100_000,
  heredocLength: 8 * 1024 * 1024,
  nesting: 256,
  expandedLength: 16 * 1024 * 1024,
  patternSteps: 4_000_000,
}
