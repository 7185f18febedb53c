/** What reading a foreign tar may cost (S15). Each can be set in the options of the function that reads. */
export interface LayerLimits {
  /** Bytes of the tar, after decompression. */
  readonly totalBytes: number
  /** Bytes of one member's content, holes included. */
  readonly entryBytes: number
  /** Members. */
  readonly entries: number
  /** Bytes of a path or a link target. */
  readonly pathBytes: number
  /** Bytes of one component of a path. */
  readonly nameBytes: number
  /** Components of a path. */
  readonly depth: number
  /** Bytes of one extended header (PAX records, GNU long names). */
  readonly paxBytes: number
  /** Runs of data in one sparse file. */
  readonly sparseRuns: number
  /** Bytes that come out for each that goes in, once `ratioFrom` bytes came out. */
  readonly ratio: number
  readonly ratioFrom: number
}

export const layerLimits: LayerLimits = {
  // Ten times the largest layers in public registries.
  totalBytes: 64 * 1024 ** 3,
  entryBytes: 64 * 1024 ** 3,
  // A full desktop distribution has half a million files.
  entries: 4_000_000,
  // Linux PATH_MAX without its NUL, and NAME_MAX: what is longer cannot be unpacked anywhere.
  pathBytes: 4095,
  nameBytes: 255,
  depth: 1000,
  // Extended attributes of one inode are at most 64 KiB each on Linux; Go's reader stops at 1 MiB too.
  paxBytes: 1024 * 1024,
  sparseRuns: 100_000,
  // Deflate reaches 1032 on zeros, and layers with zeros in them are honest; zstd reaches far more.
  ratio: 5000,
  ratioFrom: 64 * 1024 ** 2,
}
