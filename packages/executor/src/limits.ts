/** Everything that bounds a run, with the reason for the default. */
export interface ExecutorLimits {
  /** Bytes of /etc/passwd and /etc/group that are read: real ones are under 10 KiB; a crafted one must not fill memory. */
  readonly userFileBytes: number
  /** Commands of one run. An endless loop ends here even without an AbortSignal; 10,000 commands take about 0.1 s. */
  readonly commands: number
  /** Bytes written to files and pipes by one run: `yes > f` must end. */
  readonly writtenBytes: number
  /** Bytes of one command substitution or of input that a command has to hold whole. */
  readonly heldBytes: number
  /** Nested functions, subshells, scripts and substitutions: below what the JavaScript stack takes. */
  readonly depth: number
  /** Bytes of one script: the parser reads no more. */
  readonly scriptBytes: number
}

export const defaultLimits: ExecutorLimits = {
  userFileBytes: 1 << 20,
  commands: 5_000_000,
  writtenBytes: 2 ** 32,
  heldBytes: 2 ** 28,
  depth: 400,
  scriptBytes: 1_000_000,
}
