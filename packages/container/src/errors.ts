/**
 * Every failure of this package, one class each, with a stable `code`. A code is one to one with the reason a real engine gives,
 * so a caller can branch on it; the message says what to do next.
 *
 * Past 300 lines on purpose: it is a list, and a list is read in one place.
 */

/** What all failures of the engine have in common. */
export abstract class ContainerEngineError extends Error {
  abstract readonly code: string
}

const quote = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

// --- volumes -----------------------------------------------------------------------------------------------------------------

export class InvalidVolumeNameError extends ContainerEngineError {
  override readonly name = 'InvalidVolumeNameError'
  readonly code = 'INVALID_VOLUME_NAME'
  readonly volume: string
  constructor(volume: string) {
    super(
      `${quote(volume)} is not a volume name: use two or more of a-z A-Z 0-9 _ . - and begin with a letter or a digit; ` +
        'a host folder is named by its absolute path',
    )
    this.volume = volume
  }
}

export class NoSuchVolumeError extends ContainerEngineError {
  override readonly name = 'NoSuchVolumeError'
  readonly code = 'NO_SUCH_VOLUME'
  readonly volume: string
  constructor(volume: string) {
    super(`no such volume: ${quote(volume)}; list them to see what there is`)
    this.volume = volume
  }
}

export class VolumeInUseError extends ContainerEngineError {
  override readonly name = 'VolumeInUseError'
  readonly code = 'VOLUME_IN_USE'
  readonly volume: string
  /** Ids. */
  readonly containers: readonly string[]
  constructor(volume: string, containers: readonly string[]) {
    super(`volume ${quote(volume)} is used by ${containers.map((id) => id.slice(0, 12)).join(', ')}: remove these containers first`)
    this.volume = volume
    this.containers = containers
  }
}

/** Containers ran on the volume, and what they wrote lies where the executor of this engine cannot get at it. */
export class VolumeFolderUnavailableError extends ContainerEngineError {
  override readonly name = 'VolumeFolderUnavailableError'
  readonly code = 'VOLUME_FOLDER_UNAVAILABLE'
  readonly volume: string
  constructor(volume: string, place: string, why: string, options?: ErrorOptions) {
    super(`volume ${quote(volume)} lies in ${place}, where containers ran on it: ${why}`, options)
    this.volume = volume
  }
}

export class NoSuchVolumeDriverError extends ContainerEngineError {
  override readonly name = 'NoSuchVolumeDriverError'
  readonly code = 'NO_SUCH_VOLUME_DRIVER'
  constructor(driver: string) {
    super(`no volume driver ${quote(driver)}: the only one is "local"`)
  }
}

export class InvalidVolumeOptionError extends ContainerEngineError {
  override readonly name = 'InvalidVolumeOptionError'
  readonly code = 'INVALID_VOLUME_OPTION'
  constructor(option: string, why: string) {
    super(`volume option ${quote(option)}: ${why}`)
  }
}

export class InvalidFilterError extends ContainerEngineError {
  override readonly name = 'InvalidFilterError'
  readonly code = 'INVALID_FILTER'
  /** @param known keys, or filters with their values */
  constructor(filter: string, known: readonly string[]) {
    super(`invalid filter ${quote(filter)}: use ${known.map((key) => (key.includes('=') ? key : `${key}=…`)).join(', ')}`)
  }
}

// --- containers and images ---------------------------------------------------------------------------------------------------

export class NoSuchContainerError extends ContainerEngineError {
  override readonly name = 'NoSuchContainerError'
  readonly code = 'NO_SUCH_CONTAINER'
  readonly container: string
  constructor(container: string) {
    super(`no such container: ${quote(container)}; list them to see names and ids`)
    this.container = container
  }
}

export class AmbiguousContainerError extends ContainerEngineError {
  override readonly name = 'AmbiguousContainerError'
  readonly code = 'AMBIGUOUS_CONTAINER'
  constructor(prefix: string, ids: readonly string[]) {
    super(`${quote(prefix)} begins the ids of ${ids.length} containers: write more of the id, or the name`)
  }
}

export class ContainerNameConflictError extends ContainerEngineError {
  override readonly name = 'ContainerNameConflictError'
  readonly code = 'CONTAINER_NAME_CONFLICT'
  /** Id of the container that has the name. */
  readonly holder: string
  constructor(container: string, holder: string) {
    super(`the name ${quote(container)} belongs to container ${holder.slice(0, 12)}: remove or rename that one, or choose another name`)
    this.holder = holder
  }
}

export class InvalidContainerNameError extends ContainerEngineError {
  override readonly name = 'InvalidContainerNameError'
  readonly code = 'INVALID_CONTAINER_NAME'
  constructor(container: string) {
    super(`${quote(container)} is not a container name: use two or more of a-z A-Z 0-9 _ . - and begin with a letter or a digit`)
  }
}

export class RenameSameNameError extends ContainerEngineError {
  override readonly name = 'RenameSameNameError'
  readonly code = 'RENAME_SAME_NAME'
  constructor(container: string) {
    super(`the container already has the name ${quote(container)}: choose another one`)
  }
}

export class ContainerRunningError extends ContainerEngineError {
  override readonly name = 'ContainerRunningError'
  readonly code = 'CONTAINER_RUNNING'
  constructor(container: string) {
    super(`container ${quote(container)} is running: stop it first, or force the removal`)
  }
}

/** What is asked for needs the present state of a running command, and its executor does not give it. */
export class RunningStateUnavailableError extends ContainerEngineError {
  override readonly name = 'RunningStateUnavailableError'
  readonly code = 'RUNNING_STATE_UNAVAILABLE'
  constructor(container: string, why: string) {
    super(`container ${quote(container)} is running its command, and ${why}: stop it first`)
  }
}

/** A container that was made with a terminal is started without one. */
export class TerminalRequiredError extends ContainerEngineError {
  override readonly name = 'TerminalRequiredError'
  readonly code = 'TERMINAL_REQUIRED'
  constructor(container: string) {
    super(
      `container ${quote(container)} was made with a terminal (--tty), which is the one of who starts it: start it attached, from a terminal`,
    )
  }
}

export class ContainerNotRunningError extends ContainerEngineError {
  override readonly name = 'ContainerNotRunningError'
  readonly code = 'CONTAINER_NOT_RUNNING'
  constructor(container: string) {
    super(`container ${quote(container)} is not running: start it first`)
  }
}

export class NoSuchImageError extends ContainerEngineError {
  override readonly name = 'NoSuchImageError'
  readonly code = 'NO_SUCH_IMAGE'
  readonly image: string
  constructor(image: string) {
    super(`no such image: ${quote(image)}; build, load or pull it first`)
    this.image = image
  }
}

export class ImageInUseError extends ContainerEngineError {
  override readonly name = 'ImageInUseError'
  readonly code = 'IMAGE_IN_USE'
  constructor(image: string, container: string) {
    super(`image ${quote(image)} is used by container ${container.slice(0, 12)}: remove the container first, or force the removal`)
  }
}

export class InvalidReferenceError extends ContainerEngineError {
  override readonly name = 'InvalidReferenceError'
  readonly code = 'INVALID_REFERENCE'
  constructor(reference: string, why: string) {
    super(`${quote(reference)} is not an image name: ${why}`)
  }
}

export class NoCommandError extends ContainerEngineError {
  override readonly name = 'NoCommandError'
  readonly code = 'NO_COMMAND'
  constructor(image: string) {
    super(`image ${quote(image)} has neither ENTRYPOINT nor CMD: give a command`)
  }
}

export class InvalidChangeError extends ContainerEngineError {
  override readonly name = 'InvalidChangeError'
  readonly code = 'INVALID_CHANGE'
  constructor(change: string, why: string) {
    super(`the change ${quote(change)} cannot be applied: ${why}`)
  }
}

// --- mounts ------------------------------------------------------------------------------------------------------------------

export class BindSourceMissingError extends ContainerEngineError {
  override readonly name = 'BindSourceMissingError'
  readonly code = 'BIND_SOURCE_MISSING'
  readonly path: string
  constructor(path: string) {
    super(`bind source ${quote(path)} does not exist: create it, or use the short form (-v), which makes a folder`)
    this.path = path
  }
}

export class DuplicateMountPointError extends ContainerEngineError {
  override readonly name = 'DuplicateMountPointError'
  readonly code = 'DUPLICATE_MOUNT_POINT'
  constructor(target: string) {
    super(`two mounts on ${quote(target)}: keep one of them`)
  }
}

export class MountTargetNotAbsoluteError extends ContainerEngineError {
  override readonly name = 'MountTargetNotAbsoluteError'
  readonly code = 'MOUNT_TARGET_NOT_ABSOLUTE'
  constructor(path: string) {
    super(`mount path ${quote(path)} is not absolute: begin it with /`)
  }
}

export class MountTargetIsRootError extends ContainerEngineError {
  override readonly name = 'MountTargetIsRootError'
  readonly code = 'MOUNT_TARGET_IS_ROOT'
  constructor() {
    super('a mount cannot cover "/": choose a directory below it')
  }
}

export class InvalidMountSpecError extends ContainerEngineError {
  override readonly name = 'InvalidMountSpecError'
  readonly code = 'INVALID_MOUNT_SPEC'
  constructor(spec: string, why: string) {
    super(`mount ${quote(spec)}: ${why}`)
  }
}

export class MountTypeMismatchError extends ContainerEngineError {
  override readonly name = 'MountTypeMismatchError'
  readonly code = 'MOUNT_TYPE_MISMATCH'
  constructor(target: string, why: string) {
    super(`cannot mount on ${quote(target)}: ${why}; a directory goes on a directory and a file on a file`)
  }
}

export class ReadOnlyFilesystemError extends ContainerEngineError {
  override readonly name = 'ReadOnlyFilesystemError'
  readonly code = 'READ_ONLY_FILESYSTEM'
  constructor(target: string) {
    super(`${quote(target)} is missing and lies in a read-only mount: create it there first`)
  }
}

// --- running -----------------------------------------------------------------------------------------------------------------

export class CommandNotFoundError extends ContainerEngineError {
  override readonly name = 'CommandNotFoundError'
  readonly code = 'COMMAND_NOT_FOUND'
  constructor(command: string) {
    super(`${quote(command)} was not found ${command.includes('/') ? 'in the container' : 'in PATH'}`)
  }
}

export class CommandNotExecutableError extends ContainerEngineError {
  override readonly name = 'CommandNotExecutableError'
  readonly code = 'COMMAND_NOT_EXECUTABLE'
  constructor(command: string, why: string) {
    super(`${quote(command)} cannot be executed: ${why}`)
  }
}

export class WorkdirNotAbsoluteError extends ContainerEngineError {
  override readonly name = 'WorkdirNotAbsoluteError'
  readonly code = 'WORKDIR_NOT_ABSOLUTE'
  constructor(path: string) {
    super(`the working directory ${quote(path)} is not absolute: begin it with /`)
  }
}

export class WorkdirNotADirectoryError extends ContainerEngineError {
  override readonly name = 'WorkdirNotADirectoryError'
  readonly code = 'WORKDIR_NOT_A_DIRECTORY'
  constructor(path: string) {
    super(`the working directory ${quote(path)} is there, but it is not a directory`)
  }
}

export class WorkdirMissingError extends ContainerEngineError {
  override readonly name = 'WorkdirMissingError'
  readonly code = 'WORKDIR_MISSING'
  constructor(path: string) {
    super(`the working directory ${quote(path)} does not exist in the container`)
  }
}

export class NoSuchUserError extends ContainerEngineError {
  override readonly name = 'NoSuchUserError'
  readonly code = 'NO_SUCH_USER'
  constructor(user: string, why: string) {
    super(`user ${quote(user)}: ${why}`)
  }
}

export class InvalidSignalError extends ContainerEngineError {
  override readonly name = 'InvalidSignalError'
  readonly code = 'INVALID_SIGNAL'
  constructor(signal: string) {
    super(`${quote(signal)} is not a signal: use a name such as SIGTERM, or a number`)
  }
}

// --- copying -----------------------------------------------------------------------------------------------------------------

export class PathNotFoundError extends ContainerEngineError {
  override readonly name = 'PathNotFoundError'
  readonly code = 'PATH_NOT_FOUND'
  readonly path: string
  constructor(path: string) {
    super(`${quote(path)} does not exist`)
    this.path = path
  }
}

export class NotADirectoryError extends ContainerEngineError {
  override readonly name = 'NotADirectoryError'
  readonly code = 'NOT_A_DIRECTORY'
  readonly path: string
  constructor(path: string) {
    super(`${quote(path)} is not a directory`)
    this.path = path
  }
}

export class CopyDestinationDirMissingError extends ContainerEngineError {
  override readonly name = 'CopyDestinationDirMissingError'
  readonly code = 'COPY_DESTINATION_DIR_MISSING'
  constructor(path: string) {
    super(`no such directory: ${quote(path)}; create it first`)
  }
}

export class CopyDestinationNotADirectoryError extends ContainerEngineError {
  override readonly name = 'CopyDestinationNotADirectoryError'
  readonly code = 'COPY_DESTINATION_NOT_A_DIRECTORY'
  constructor(path: string) {
    super(`the destination of an archive must be a directory that is there: ${quote(path)}`)
  }
}

export class CopyDirToFileError extends ContainerEngineError {
  override readonly name = 'CopyDirToFileError'
  readonly code = 'COPY_DIR_TO_FILE'
  constructor(path: string) {
    super(`cannot copy a directory onto the file ${quote(path)}`)
  }
}

export class CopyFileOverDirError extends ContainerEngineError {
  override readonly name = 'CopyFileOverDirError'
  readonly code = 'COPY_FILE_OVER_DIR'
  constructor(path: string) {
    super(`${quote(path)} is a directory and would be replaced by something that is none: remove it first`)
  }
}

export class CopyDirOverFileError extends ContainerEngineError {
  override readonly name = 'CopyDirOverFileError'
  readonly code = 'COPY_DIR_OVER_FILE'
  constructor(path: string) {
    super(`${quote(path)} is not a directory and would be replaced by one: remove it first`)
  }
}

export class CopyPathEscapesError extends ContainerEngineError {
  override readonly name = 'CopyPathEscapesError'
  readonly code = 'COPY_PATH_ESCAPES'
  constructor(path: string, destination: string) {
    super(`the entry ${quote(path)} leads out of the destination ${quote(destination)}: nothing of it was written there`)
  }
}

export class CopyBetweenContainersError extends ContainerEngineError {
  override readonly name = 'CopyBetweenContainersError'
  readonly code = 'COPY_BETWEEN_CONTAINERS'
  constructor() {
    super('both sides are containers: copy to the host first, then from there')
  }
}

export class CopyNoContainerError extends ContainerEngineError {
  override readonly name = 'CopyNoContainerError'
  readonly code = 'COPY_NO_CONTAINER'
  constructor() {
    super('neither side is a container: write one of them as CONTAINER:PATH')
  }
}

export class ReadOnlyTargetError extends ContainerEngineError {
  override readonly name = 'ReadOnlyTargetError'
  readonly code = 'READ_ONLY_TARGET'
  constructor(path: string) {
    super(`${quote(path)} lies in a read-only mount or on a read-only root`)
  }
}

export class BusyError extends ContainerEngineError {
  override readonly name = 'BusyError'
  readonly code = 'BUSY'
  constructor(path: string) {
    super(`${quote(path)} is a mount point and cannot be replaced: write to the mounted file instead`)
  }
}

export class EmptyPathError extends ContainerEngineError {
  override readonly name = 'EmptyPathError'
  readonly code = 'EMPTY_PATH'
  constructor() {
    super('the path behind CONTAINER: is empty: write / for the root')
  }
}

// --- the engine itself -------------------------------------------------------------------------------------------------------

/** The options of a call can't be used. Names everything that is wrong with them. */
export class OptionsInvalidError extends ContainerEngineError {
  override readonly name = 'OptionsInvalidError'
  readonly code = 'OPTIONS_INVALID'
  readonly faults: readonly string[]
  constructor(what: string, faults: readonly string[]) {
    super(`options of ${what}: ${faults.join('; ')}; see the types of @layerwright/container for what each takes`)
    this.faults = faults
  }
}

export class HostNotAvailableError extends ContainerEngineError {
  override readonly name = 'HostNotAvailableError'
  readonly code = 'HOST_NOT_AVAILABLE'
  constructor(path: string) {
    super(`${quote(path)} is a host path, and this engine has no host: open it with { host: nodeHost() } of @layerwright/container/node`)
  }
}

export class CorruptRecordError extends ContainerEngineError {
  override readonly name = 'CorruptRecordError'
  readonly code = 'CORRUPT_RECORD'
  constructor(kind: string, key: string, why: string) {
    super(`the ${kind} record ${quote(key)} cannot be read: ${why}; restore the store, or remove the ${kind} by its id and by force`)
  }
}

export class LimitExceededError extends ContainerEngineError {
  override readonly name = 'LimitExceededError'
  readonly code = 'LIMIT_EXCEEDED'
  constructor(what: string, limit: number) {
    super(`${what} exceeds the limit of ${limit}: raise it in the engine's options if you trust the input`)
  }
}
