/** What the engine refuses to exceed, and why. Override single values in `openEngine({ limits })`. */
export interface Limits {
  /** Bytes of output that a container's log keeps; the oldest go first. */
  readonly logBytes: number
  /** Members of an archive that is copied or imported (S15). */
  readonly archiveEntries: number
  /** Bytes of all files in such an archive together (S15). */
  readonly archiveBytes: number
  /** Mounts of one container: a mount table is searched on every path. */
  readonly mounts: number
  /** Characters of a volume's or container's name: what common filesystems take as one name. */
  readonly nameLength: number
}

export const defaultLimits: Limits = {
  logBytes: 16 << 20,
  archiveEntries: 2_000_000,
  archiveBytes: 64 * 2 ** 30,
  mounts: 1000,
  nameLength: 255,
}
