/** The kernel's side: system calls on a folder, and overlay mounts. */
import { spawnSync } from 'node:child_process'
import * as host from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { getAttributeSync, listAttributesSync, removeAttributeSync, setAttributeSync } from '@napi-rs/xattr'

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))
// Two names of one number on Linux.
NAMES.set(constants.errno.ENOTSUP, 'ENOTSUP')

/** Errors of the attribute library hold the number in their text only. */
function onXattr(work: () => void): void {
  try {
    work()
  } catch (error) {
    const number = /\(os error (\d+)\)/.exec(String(error))?.[1]
    throw Object.assign(new Error(String(error)), { code: NAMES.get(Number(number)) ?? String(error) })
  }
}

/** What `rm -r` does, call by call. */
function removeTree(path: string): void {
  if (!host.lstatSync(path).isDirectory()) {
    host.unlinkSync(path)
    return
  }
  for (const name of host.readdirSync(path)) removeTree(`${path}/${name}`)
  host.rmdirSync(path)
}

/** The code that a work ends with: an errno, or `ok`. */
export const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** `FileSystem` by system calls on a folder; only what the tests use. */
export class KernelFileSystem {
  readonly #base: string
  constructor(base: string) {
    this.#base = base
  }
  #at = (path: string) => (path === '' ? '' : this.#base + path)
  stat = (path: string) => host.statSync(this.#at(path))
  lstat = (path: string) => host.lstatSync(this.#at(path))
  realpath = (path: string) => host.realpathSync.native(this.#at(path))
  readlink = (path: string) => host.readlinkSync(this.#at(path))
  readdir = (path: string) => host.readdirSync(this.#at(path))
  open = (path: string) => host.readFileSync(this.#at(path))
  writeFile = (path: string, data: string, { flag = 'w' }: { flag?: string } = {}) => host.writeFileSync(this.#at(path), data, { flag })
  writeAt = (path: string, offset: number, data: Uint8Array) => {
    if (offset < 0) throw Object.assign(new Error(), { code: 'EINVAL' })
    const fd = host.openSync(this.#at(path), 'r+')
    try {
      host.writeSync(fd, data, 0, data.length, offset)
    } finally {
      host.closeSync(fd)
    }
  }
  truncate = (path: string, size: number) => {
    if (size < 0) throw Object.assign(new Error(), { code: 'EINVAL' })
    host.truncateSync(this.#at(path), size)
  }
  mkdir = (path: string) => host.mkdirSync(this.#at(path), 0o755)
  rmdir = (path: string) => host.rmdirSync(this.#at(path))
  unlink = (path: string) => host.unlinkSync(this.#at(path))
  rename = (from: string, to: string) => {
    try {
      host.renameSync(this.#at(from), this.#at(to))
    } catch (error) {
      // The kernel does not move a directory that has a lower part; `mv` copies it then.
      if ((error as { code: string }).code !== 'EXDEV') throw error
      // Resolved first: links on the way may lie in what is moved.
      const resolved = ([from, to] as const).map((path) => join(host.realpathSync(dirname(this.#at(path))), basename(path)))
      moveDirectory(resolved[0]!, resolved[1]!)
    }
  }
  link = (existing: string, path: string) => host.linkSync(this.#at(existing), this.#at(path))
  symlink = (target: string, path: string) => host.symlinkSync(target, this.#at(path))
  chmod = (path: string, mode: number) => host.chmodSync(this.#at(path), mode)
  chown = (path: string, uid: number, gid: number) => host.chownSync(this.#at(path), uid, gid)
  rm = (path: string) => removeTree(this.#at(path))
  setxattr = (path: string, name: string, value: Uint8Array) => onXattr(() => setAttributeSync(this.#at(path), name, value))
  removexattr = (path: string, name: string) => onXattr(() => removeAttributeSync(this.#at(path), name))
  utimes = (path: string, mtimeNs: bigint, options?: { nofollow?: boolean }) => {
    const seconds = Number(mtimeNs / 1_000_000_000n)
    if (options?.nofollow) host.lutimesSync(this.#at(path), seconds, seconds)
    else host.utimesSync(this.#at(path), seconds, seconds)
  }
}

/** What `mv` does with a directory that rename(2) refuses: make it again, rename the files in it one by one, remove the old one. */
function moveDirectory(from: string, to: string): void {
  if (host.existsSync(to)) host.rmdirSync(to)
  const { mode, uid, gid } = host.lstatSync(from)
  host.mkdirSync(to)
  for (const name of host.readdirSync(from)) {
    if (host.lstatSync(`${from}/${name}`).isDirectory()) moveDirectory(`${from}/${name}`, `${to}/${name}`)
    else host.renameSync(`${from}/${name}`, `${to}/${name}`)
  }
  for (const name of listAttributesSync(from)) if (/^user\./.test(name)) setAttributeSync(to, name, getAttributeSync(from, name)!)
  host.chownSync(to, uid, gid)
  host.chmodSync(to, mode)
  host.rmdirSync(from)
}

/** Whether this process may mount an overlay in `scratch`. */
export function canMountOverlay(scratch: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const dirs = ['l', 'u', 'w', 'm'].map((name) => join(scratch, `try-${name}`)) as [string, string, string, string]
  for (const dir of dirs) host.mkdirSync(dir)
  const done = mountOverlay(dirs)
  if (done) unmount(dirs[3])
  return done
}

export function mountOverlay([lower, upper, work, merged]: [string, string, string, string]): boolean {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},index=off,redirect_dir=off,metacopy=off`
  // Without `volatile` (Linux 5.10) every unmount waits for the disk.
  return [`${options},volatile`, options].some((each) => spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', each, merged]).status === 0)
}

/** At once (`-l`): a process that another thread is just starting has copies of our descriptors until it becomes its program, and an open file keeps a mount. */
export function unmount(path: string): void {
  const { status, stderr } = spawnSync('umount', ['-l', path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
