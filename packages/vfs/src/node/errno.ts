/** Errors of `node:fs` as `FsError`. */
import { FsError, type FsErrorCode } from '../errors.js'

const CODES = new Map<string, FsErrorCode>(
  (
    [
      'E2BIG EACCES EBUSY EEXIST EINVAL EIO EISDIR ELOOP EMLINK ENAMETOOLONG ENODATA ENOENT ENOSPC ENOTDIR ENOTEMPTY ENOTSUP ENXIO EPERM',
      'ERANGE EROFS EXDEV',
    ]
      .join(' ')
      .split(' ') as FsErrorCode[]
  ).map((code) => [code, code]),
)
CODES.set('EOPNOTSUPP', 'ENOTSUP').set('EDQUOT', 'ENOSPC').set('ETXTBSY', 'EBUSY').set('ENODEV', 'ENXIO')

/** The code of a Node error, or `undefined` if it is none. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Runs calls of `node:fs`; their errors become `FsError` (EIO where POSIX has no closer word), with the original as the cause. */
export function onHost<T>(op: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw hostError(op, path, error)
  }
}

/** The `FsError` for an error of `node:fs`; any other error is given back as it is. */
export function hostError(op: string, path: string, error: unknown): unknown {
  const code = errnoOf(error)
  if (error instanceof FsError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  const known = CODES.get(code)
  return new FsError(known ?? 'EIO', op, path, { cause: error, ...(known ? {} : { detail: `the host said ${code}` }) })
}
