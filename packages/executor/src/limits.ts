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

/** What bounds a worker of the simulated shell and what its host holds for it. */
export const workerLimits = {
  /** Inodes that a worker knows before it is given up for a new one: about 300 bytes each, and a chain of large trees must not grow without end. */
  inodes: 1_000_000,
  /** Bytes of files that a worker keeps for the next look at them. */
  keptBytes: 64 << 20,
  /** A small file is asked for whole, a large one in blocks of this many bytes. */
  blockBytes: 1 << 20,
  /** Bytes of output that the host may be behind before the command waits: `yes` writes faster than anybody reads. */
  behindBytes: 1 << 20,
  /** Bytes and files that are sent without being asked for, where files are read one after the other. */
  aheadBytes: 256 << 10,
  aheadFiles: 64,
  /** Nodes of mounted folders that the host keeps: one is good for one operation, which uses as many as its path has names. */
  nodes: 20_000,
  /**
   * Milliseconds in which a command whose work shall be kept comes to a step after its abort; then it is ended where it is, and its work is
   * lost. It takes some milliseconds, on a machine with much else to do some hundred.
   */
  stepMs: 2000,
  /** Milliseconds that a worker waits for another command. */
  idleMs: 10_000,
} as const
