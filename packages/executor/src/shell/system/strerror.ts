const texts: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'No such file or directory'],
  ['EEXIST', 'File exists'],
  ['ENOTDIR', 'Not a directory'],
  ['EISDIR', 'Is a directory'],
  ['ENOTEMPTY', 'Directory not empty'],
  ['EACCES', 'Permission denied'],
  ['EPERM', 'Operation not permitted'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['EINVAL', 'Invalid argument'],
  ['EXDEV', 'Invalid cross-device link'],
  ['EROFS', 'Read-only file system'],
  ['EBUSY', 'Device or resource busy'],
  ['ENOSPC', 'No space left on device'],
  ['EBADF', 'Bad file descriptor'],
  ['EPIPE', 'Broken pipe'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ENXIO', 'No such device or address'],
  ['EMLINK', 'Too many links'],
  ['ENODATA', 'No data available'],
  ['EFBIG', 'File too large'],
  ['ESRCH', 'No such process'],
  ['ENOTSUP', 'Operation not supported'],
])

/** The POSIX code of an error from the filesystem; undefined for anything else, which must not be caught. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && texts.has(code) ? code : undefined
}

/** What strerror(3) says. @throws the error itself where it is no system error. */
export function strerror(error: unknown): string {
  const code = codeOf(error)
  if (code === undefined) throw error
  return texts.get(code)!
}
