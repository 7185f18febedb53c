/** Making and filling host inodes by system calls that follow no link. */
import { chmodSync, closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, type PathLike, writeSync } from 'node:fs'
import { FsError, NotSynchronousError } from '../errors.js'
import type { Content } from '../types.js'
import type { HostRoot } from './rooted.js'

/** Opens an existing file for writing; O_NONBLOCK so that a fifo in its place fails instead of hanging. */
export const WRITE_FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const CREATE_FLAGS = WRITE_FLAGS | constants.O_CREAT | constants.O_EXCL
/** Pieces in which contents are copied. */
export const PIECE = 256 * 1024

/** The mode of what is made passes the umask of the process: the mode that was asked for is set afterwards, on the open inode. */
export function makeDirectory(path: PathLike, mode: number): void {
  mkdirSync(path, 0o700)
  const fd = openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0))
  try {
    // The host may have given it the setgid bit of the directory it lies in.
    fchmodSync(fd, (mode & 0o7777) | (fstatSync(fd).mode & 0o2000))
  } finally {
    closeSync(fd)
  }
}

export function makeFile(path: PathLike, mode: number, content: Content): void {
  const fd = openSync(path, CREATE_FLAGS, 0o600)
  try {
    writeContent(fd, content, 0)
    fchmodSync(fd, mode & 0o7777)
  } finally {
    closeSync(fd)
  }
}

/** chmod(2) follows links and Node has no fchmodat that does not: so the inode is opened, and the mode set on the handle. */
export function changeMode(root: HostRoot, parts: readonly string[], path: PathLike, mode: number): void {
  if (parts.length === 0) {
    chmodSync(path, mode & 0o7777)
    return
  }
  const inode = root.reopen(parts.slice(0, -1), parts.at(-1)!)
  try {
    if (!inode.stat().isSymbolicLink()) chmodSync(inode.self, mode & 0o7777)
  } finally {
    inode.close()
  }
}

/** Writes all of `data` at an offset. */
export function writeAll(fd: number, data: Uint8Array, offset: number): void {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at, data.length - at, offset + at)
}

/**
 * Asks for a content that can be read at once, before anything is changed.
 * @throws NotSynchronousError
 */
export function synchronous(content: Content): void {
  if (!content.readInto) throw new NotSynchronousError()
}

/** Writes all of a content (see `synchronous`) at an offset. */
export function writeContent(fd: number, content: Content, offset: number): void {
  const buffer = new Uint8Array(Math.min(PIECE, content.size))
  for (let at = 0; at < content.size; ) {
    const got = content.readInto!(buffer, at)
    if (got === 0) throw new FsError('EIO', 'write', '', { detail: `the content ended after ${at} of ${content.size} bytes` })
    writeAll(fd, buffer.subarray(0, got), offset + at)
    at += got
  }
}
