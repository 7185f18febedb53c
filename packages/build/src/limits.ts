/** Bytes of a Dockerfile that are read from a context; the parser has its own, stricter limits on lines. */
export const MAX_DOCKERFILE_BYTES = 16 * 1024 * 1024
/** Bytes of an ignore file. */
export const MAX_IGNORE_FILE_BYTES = 16 * 1024 * 1024
/**
 * Steps that run at the same time unless the caller says otherwise. A RUN mostly waits for its program, a COPY is done before the next one
 * begins, so that more of them than processors cost nothing; few enough for memory and for a machine that is shared.
 */
export const DEFAULT_CONCURRENCY = 16
/** The end of a failed command's output that an error carries, in characters. */
export const MAX_ERROR_OUTPUT = 4096
/** What the clock and the host wrote is dated so, in seconds: 1980-01-01, the oldest date every archive format can hold. */
export const DEFAULT_EPOCH = 315532800
/** Bytes of an unpacked archive that ADD holds in memory; a larger one goes through the store. */
export const MAX_ARCHIVE_IN_MEMORY = 32 * 1024 * 1024
/** Bytes of one file that ADD takes from the web: more than any installer, less than a disk. */
export const MAX_REMOTE_BYTES = 16 * 1024 * 1024 * 1024
/** Redirects of one request: what browsers and the reference's client allow is in this order. */
export const MAX_REDIRECTS = 10
/** Bytes of a file whose sha384 or sha512 is asked for: the platform hashes these whole. */
export const MAX_HASHED_WHOLE = 512 * 1024 * 1024
/** Keys that are remembered for one place of a Dockerfile: enough to go back and forth between a few branches. */
export const TRAIL_LENGTH = 8
/** Sources of one COPY that its record names one by one; more are one digest. */
export const MAX_LISTED_SOURCES = 200
/** Sets of looks that are kept for one RUN: each look-up compares all of them. */
export const MAX_TRACES = 8
/** Bytes of the manifest of a shared cache's entry: what registries take of any manifest. */
export const MAX_CACHE_ENTRY_BYTES = 4 * 1024 * 1024
/** Bytes of the sidecar index of a layer that travels with an entry: half a million files. A larger one is made of the layer, where that is needed. */
export const MAX_CACHE_INDEX_BYTES = 64 * 1024 * 1024
/** Bytes of what a run looked at, and of what it was answered: a quarter of a million paths. A larger trace stays where it was made. */
export const MAX_LOOKS_BYTES = 32 * 1024 * 1024
/** Entries and layers of a shared cache that travel at the same time. */
export const CACHE_CONCURRENCY = 4
/** Bytes of a text whose lines an explanation compares. */
export const MAX_COMPARED_BYTES = 1024 * 1024
/** Edits after which two texts are only said to differ. */
export const MAX_COMPARED_EDITS = 2000
/** Files that an explanation names: more, and nobody reads them. */
export const MAX_COMPARED_FILES = 1000
