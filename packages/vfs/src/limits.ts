/** Limits of this package. Those of POSIX are Linux's own numbers, so that what works here works there. */
export const limits = {
  /** Bytes of one name (Linux NAME_MAX). */
  nameBytes: 255,
  /** Bytes of one path without its NUL (Linux PATH_MAX is 4096 with it). */
  pathBytes: 4095,
  /** Symbolic links followed in one resolution (Linux MAXSYMLINKS). */
  symlinks: 40,
  /** Components still to be walked after links were expanded: 40 links of 4095 bytes could otherwise queue 80,000 of them. */
  pendingComponents: 20_000,
  /** Depth of a tree. Recursive work uses the stack; 4,000 levels take a tenth of it, and no path string reaches below 2,048. */
  treeDepth: 4_000,
  /** Bytes of an extended attribute's name and value (Linux XATTR_NAME_MAX, XATTR_SIZE_MAX). */
  xattrNameBytes: 255,
  xattrValueBytes: 65_536,
  /** Size of a file: what a JavaScript number counts exactly. */
  fileBytes: Number.MAX_SAFE_INTEGER,
} as const
