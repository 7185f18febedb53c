/** Sizes of the stores, with their reasons. */
export const storeLimits = {
  /** Bytes a writer gathers before it goes to the disk: 1 MiB writes cost a fifth of small ones, larger ones gain nothing. */
  writeBuffer: 1024 * 1024,
  /** Bytes of one chunk of a blob's stream. */
  readChunk: 256 * 1024,
  /** Files a store keeps open for synchronous reads; the usual soft limit of a process is 1024. */
  openBlobs: 64,
  /** Milliseconds between two looks at a lock that another process holds. */
  lockPoll: 25,
  /** Milliseconds between two signs of life of a holder whose process others can't see (another pid namespace or machine). */
  heartbeat: 10_000,
  /** Milliseconds without a sign of life after which such a holder counts as dead. */
  heartbeatLost: 120_000,
  /** Milliseconds by which the clock that dates files may be behind the one that dates leases: kernels date by ticks, network disks by their own clock. */
  clockSlack: 250,
  /** Milliseconds for which a blob that nothing refers to is spared: who commits a blob and then the record that names it needs far less. */
  youngBlob: 5000,
  /** Of its cap, what a store that was over it is brought down to: so that not every build after that has to evict. */
  lowWater: 0.95,
  /** Milliseconds by which a record that needs no blob counts as used later than it was. */
  smallerLater: 7 * 24 * 60 * 60 * 1000,
  /** Traces of evictions that are kept, for those who ask why something is not there; with a cap they take at most a hundredth of it. */
  evictionTraces: 1000,
  /** Milliseconds after which a leftover of a process that can't be seen is swept. */
  foreignLeftover: 24 * 60 * 60 * 1000,
} as const
