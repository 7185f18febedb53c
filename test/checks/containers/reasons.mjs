// @ts-check
/**
 * The corpus's reason tag for each error code that containers, volumes and copies can end with. One to one: where two tags share a code, the
 * code is too coarse and has to be split in its package.
 */

/** @type {ReadonlyMap<string, string>} */
export const TAGS = new Map(
  Object.entries({
    // volumes
    INVALID_VOLUME_NAME: 'invalid-volume-name',
    NO_SUCH_VOLUME: 'no-such-volume',
    VOLUME_IN_USE: 'volume-in-use',
    NO_SUCH_VOLUME_DRIVER: 'no-such-volume-driver',
    INVALID_VOLUME_OPTION: 'invalid-volume-option',
    INVALID_FILTER: 'invalid-filter',
    // containers and images
    NO_SUCH_CONTAINER: 'no-such-container',
    CONTAINER_NAME_CONFLICT: 'container-name-conflict',
    INVALID_CONTAINER_NAME: 'invalid-container-name',
    RENAME_SAME_NAME: 'rename-same-name',
    CONTAINER_RUNNING: 'container-running',
    CONTAINER_NOT_RUNNING: 'container-not-running',
    NO_SUCH_IMAGE: 'no-such-image',
    IMAGE_IN_USE: 'image-in-use',
    INVALID_REFERENCE: 'invalid-reference',
    NO_COMMAND: 'no-command',
    INVALID_CHANGE: 'invalid-change',
    // mounts
    BIND_SOURCE_MISSING: 'bind-source-missing',
    DUPLICATE_MOUNT_POINT: 'duplicate-mount-point',
    MOUNT_TARGET_NOT_ABSOLUTE: 'mount-target-not-absolute',
    MOUNT_TARGET_IS_ROOT: 'mount-target-is-root',
    INVALID_MOUNT_SPEC: 'invalid-mount-spec',
    MOUNT_TYPE_MISMATCH: 'mount-type-mismatch',
    READ_ONLY_FILESYSTEM: 'read-only-filesystem',
    // running
    COMMAND_NOT_FOUND: 'command-not-found',
    COMMAND_NOT_EXECUTABLE: 'command-not-executable',
    WORKDIR_NOT_ABSOLUTE: 'workdir-not-absolute',
    WORKDIR_NOT_A_DIRECTORY: 'workdir-not-a-directory',
    WORKDIR_MISSING: 'workdir-missing',
    NO_SUCH_USER: 'no-such-user',
    // copies
    PATH_NOT_FOUND: 'path-not-found',
    NOT_A_DIRECTORY: 'not-a-directory',
    COPY_DESTINATION_DIR_MISSING: 'cp-destination-dir-missing',
    COPY_DESTINATION_NOT_A_DIRECTORY: 'cp-destination-not-a-directory',
    COPY_DIR_TO_FILE: 'cp-dir-to-file',
    COPY_FILE_OVER_DIR: 'cp-file-over-dir',
    COPY_DIR_OVER_FILE: 'cp-dir-over-file',
    COPY_PATH_ESCAPES: 'cp-path-escapes',
    COPY_BETWEEN_CONTAINERS: 'cp-between-containers',
    COPY_NO_CONTAINER: 'cp-no-container',
    READ_ONLY_TARGET: 'read-only-target',
    BUSY: 'busy',
    EMPTY_PATH: 'empty-path',
  }),
)

/**
 * @param {unknown} error
 * @returns {string} never empty, so that the comparer always compares it
 */
export function tagOf(error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) return `untyped error: ${error instanceof Error ? error.stack : String(error)}`
  return TAGS.get(code) ?? `${code}: ${/** @type {Error} */ (error).message}`
}
