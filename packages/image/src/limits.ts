/** What reading a foreign image may cost. */
export const imageLimits = {
  /** Bytes of a manifest or an index; registries refuse more than 4 MiB. */
  manifestBytes: 4 * 1024 * 1024,
  /** Bytes of a config: it holds the whole history. */
  configBytes: 16 * 1024 * 1024,
  /** Layers of one image; Linux overlays and engines stop far below. */
  layers: 1000,
  /** Indexes in indexes. */
  indexDepth: 4,
  /** Images that one index lists. */
  manifests: 1000,
} as const
