/** The POSIX results that operations of this package can have, spelled as in errno.h (ENOTSUP for EOPNOTSUPP too). */
export type FsErrorCode =
  | 'E2BIG'
  | 'EACCES'
  | 'EBUSY'
  | 'EEXIST'
  | 'EINVAL'
  | 'EIO'
  | 'EISDIR'
  | 'ELOOP'
  | 'EMLINK'
  | 'ENAMETOOLONG'
  | 'ENODATA'
  | 'ENOENT'
  | 'ENOSPC'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'ENOTSUP'
  | 'ENXIO'
  | 'EPERM'
  | 'ERANGE'
  | 'EROFS'
  | 'EXDEV'

const TEXT: Record<FsErrorCode, string> = {
  E2BIG: 'the value is larger than an extended attribute may be',
  EACCES: 'permission denied by the host',
  EBUSY: 'it is a mount point or the root',
  EEXIST: 'something is there already',
  EINVAL: 'an argument is not valid for this operation',
  EIO: 'the host reported an input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links on the way',
  EMLINK: 'the host allows no more links to it',
  ENAMETOOLONG: 'a name is longer than 255 bytes, or the path longer than 4095',
  ENODATA: 'there is no such extended attribute',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a part of the path is not a directory',
  ENOTEMPTY: 'the directory is not empty',
  ENOTSUP: 'not supported by this filesystem',
  ENXIO: 'it is a device or fifo, which has no bytes to read or write here',
  EPERM: 'not permitted',
  ERANGE: 'the name of the extended attribute is too long',
  EROFS: 'the filesystem is mounted read-only',
  EXDEV: 'the two paths lie on different mounts; copy and delete instead',
}

/** An operation that POSIX refuses. `op` is the operation's name, `path` the path as the caller gave it. */
export class FsError extends Error {
  readonly code: FsErrorCode
  readonly op: string
  readonly path: string

  constructor(code: FsErrorCode, op: string, path: string, options?: { readonly cause?: unknown; readonly detail?: string }) {
    super(`${code}: ${op} '${path}': ${options?.detail ?? TEXT[code]}`, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'FsError'
    this.code = code
    this.op = op
    this.path = path
  }
}

/** Whether `value` is the `FsError` (with the given code, where one is given). */
export function isFsError(value: unknown, code?: FsErrorCode): value is FsError {
  return value instanceof FsError && (code === undefined || value.code === code)
}

/** The bytes of a content can only be streamed, and a synchronous caller asked for them. */
export class NotSynchronousError extends Error {
  readonly code = 'CONTENT_NOT_SYNCHRONOUS'

  constructor() {
    super('these bytes can only be streamed: use the asynchronous form (readAll, contentDigest, treeDigest)')
    this.name = 'NotSynchronousError'
  }
}

/** A content gave fewer or more bytes than its `size`. */
export class ContentSizeError extends Error {
  readonly code = 'CONTENT_SIZE'
  readonly expected: number
  readonly actual: number

  constructor(expected: number, actual: number) {
    super(`a content of ${expected} bytes gave ${actual}: its source is damaged or changed; read it again from its origin`)
    this.name = 'ContentSizeError'
    this.expected = expected
    this.actual = actual
  }
}

/** A host file is no longer what it was when it was looked at. */
export class ContentChangedError extends Error {
  readonly code = 'CONTENT_CHANGED'
  readonly path: string

  constructor(path: string, detail: string) {
    super(`the file '${path}' changed while it was in use (${detail}): start again once nothing writes to it`)
    this.name = 'ContentChangedError'
    this.path = path
  }
}

/** A string that stands for no POSIX name: a lone surrogate outside U+DC80 to U+DCFF. */
export class InvalidNameError extends Error {
  readonly code = 'INVALID_NAME'
  readonly value: string

  constructor(value: string) {
    super(`the name ${JSON.stringify(value)} holds half of a surrogate pair, so it has no bytes`)
    this.name = 'InvalidNameError'
    this.value = value
  }
}

/** A tree is deeper, or a walk longer, than `limits` allow. */
export class TreeLimitError extends Error {
  readonly code = 'TREE_LIMIT'
  readonly path: string

  constructor(path: string, detail: string) {
    super(`'${path}': ${detail}`)
    this.name = 'TreeLimitError'
    this.path = path
  }
}

/** Two names of one directory that the host, which folds case and accents, takes for one (S8). */
export class NameCollisionError extends Error {
  readonly code = 'NAME_COLLISION'
  readonly path: string
  readonly other: string

  constructor(path: string, other: string) {
    super(`'${path}' and '${other}' are one file on this host: rename one of them, or write an archive instead of a folder`)
    this.name = 'NameCollisionError'
    this.path = path
    this.other = other
  }
}
