const MIB = 1024 * 1024

/** What talking to a registry may cost. `RegistryOptions.limits` overrides each. */
export const registryLimits = {
  /** Tries of one request, the first included; with the waits below a restarting registry is outlived, a dead one is told within half a minute. */
  attempts: 5,
  /** Milliseconds before the second try; doubled for each one more, with up to half of it taken off at random. */
  backoffMs: 500,
  /** Milliseconds between two tries at most, also where a registry asks for more by Retry-After. */
  backoffMostMs: 30_000,
  /** Milliseconds without an answer or without a byte of a body after which a connection counts as lost. */
  stallMs: 60_000,
  /** Redirects of one request; real registries need one or two. */
  redirects: 5,
  /** Blobs that travel at the same time. */
  concurrency: 4,
  /** Bytes of one upload request; it and the next are held in memory. 5 MiB is what some registries ask of every chunk but the last. */
  uploadChunk: 5 * MIB,
  /**
   * Bytes of one upload request where the transport streams them; a smaller blob goes in one. A connection that breaks costs so much at most with registries that keep
   * nothing of a broken request (Docker's own 2.8), and each request costs those a new start of their hash.
   */
  uploadStream: 128 * MIB,
  /** Bytes after which a download that was cut counts as getting on, so that its failures are counted anew. */
  progress: 64 * 1024,
  /** Bytes of an error's body that are read. */
  errorBytes: 64 * 1024,
  /** Bytes of a token server's answer. */
  tokenBytes: MIB,
  /** Bytes of one page of a list. */
  listBytes: 4 * MIB,
  /** Pages of one list. */
  pages: 10_000,
} as const

export type RegistryLimits = { readonly [Key in keyof typeof registryLimits]: number }
