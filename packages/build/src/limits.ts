/** Bytes of a Dockerfile that are read from a context; the parser has its own, stricter limits on lines. */
export const MAX_DOCKERFILE_BYTES = 16 * 1024 * 1024
/** Bytes of an ignore file. */
export const MAX_IGNORE_FILE_BYTES = 16 * 1024 * 1024
/** Steps that run at the same time unless the caller says otherwise: enough for side-by-side stages, few enough for memory. */
export const DEFAULT_CONCURRENCY = 4
/** The end of a failed command's output that an error carries, in characters. */
export const MAX_ERROR_OUTPUT = 4096
/** What the clock and the host wrote is dated so, in seconds: 1980-01-01, the oldest date every archive format can hold. */
export const DEFAULT_EPOCH = 315532800
/** Bytes of an unpacked archive that ADD holds in memory; a larger one goes through the store. */
export const MAX_ARCHIVE_IN_MEMORY = 32 * 1024 * 1024
