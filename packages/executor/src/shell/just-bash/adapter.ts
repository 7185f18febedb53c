import type { Stat } from '@layerwright/vfs'
import type { FsStat, IFileSystem } from 'just-bash'
import { fromBytes, toBytes } from '../system/bytes.js'
import type { OpenFile } from '../system/open-file.js'
import { join, normalize } from '../system/paths.js'
import type { ShellFs } from '../system/shell-fs.js'
import type { Task } from '../system/task.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A path of just-bash, which is text, as a byte string. */
const inward = (path: string) => fromBytes(encoder.encode(path))
const outward = (name: string) => decoder.decode(toBytes(name))

function statOf(stat: Stat): FsStat {
  return {
    isFile: stat.type !== 'dir' && stat.type !== 'symlink',
    isDirectory: stat.type === 'dir',
    isSymbolicLink: stat.type === 'symlink',
    mode: stat.mode,
    size: stat.size,
    mtime: new Date(Number(stat.mtimeNs / 1_000_000n)),
    dev: stat.dev,
    ino: stat.ino,
  }
}

/** Our filesystem, seen with a process's credentials, as just-bash wants one. Errors keep their POSIX codes. */
export class JustBashFileSystem implements IFileSystem {
  private readonly fs: ShellFs
  private readonly task: Task

  constructor(fs: ShellFs, task: Task) {
    this.fs = fs
    this.task = task
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return toBytes(await this.fs.readFile(this.task, inward(path)))
  }

  async readFile(path: string): Promise<string> {
    return decoder.decode(await this.readFileBuffer(path))
  }

  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    await this.put(this.fs.create(inward(path)), content)
  }

  async appendFile(path: string, content: string | Uint8Array): Promise<void> {
    await this.put(this.fs.create(inward(path), { append: true }), content)
  }

  private async put(file: OpenFile, content: string | Uint8Array): Promise<void> {
    try {
      await file.write(this.task, typeof content === 'string' ? encoder.encode(content) : content)
    } finally {
      file.release()
    }
  }

  async exists(path: string): Promise<boolean> {
    return this.fs.find(inward(path)) !== undefined
  }

  async stat(path: string): Promise<FsStat> {
    return statOf(this.fs.stat(inward(path)))
  }

  async lstat(path: string): Promise<FsStat> {
    return statOf(this.fs.lstat(inward(path)))
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    const whole = inward(path)
    if (!options?.recursive) return this.fs.mkdir(whole)
    let at = 0
    do {
      at = whole.indexOf('/', at + 1)
      const place = at === -1 ? whole : whole.slice(0, at)
      if (this.fs.find(place)?.type !== 'dir') this.fs.mkdir(place)
    } while (at !== -1)
  }

  async readdir(path: string): Promise<string[]> {
    return this.fs.readdir(inward(path)).map((entry) => outward(entry.name))
  }

  async readdirWithFileTypes(path: string) {
    return this.fs.readdir(inward(path)).map((entry) => ({
      name: outward(entry.name),
      isFile: entry.type === 'file',
      isDirectory: entry.type === 'dir',
      isSymbolicLink: entry.type === 'symlink',
    }))
  }

  async rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void> {
    const place = inward(path)
    const stat = this.fs.find(place, false)
    if (!stat && options?.force) return
    if (stat?.type !== 'dir') return this.fs.unlink(place)
    if (options?.recursive) for (const entry of await this.readdir(path)) await this.rm(`${path}/${entry}`, options)
    this.fs.rmdir(place)
  }

  async cp(source: string, destination: string, options?: { recursive?: boolean }): Promise<void> {
    if (this.fs.stat(inward(source)).type !== 'dir') return this.writeFile(destination, await this.readFileBuffer(source))
    if (!options?.recursive) throw Object.assign(new Error(`EISDIR: ${source}`), { code: 'EISDIR' })
    await this.mkdir(destination, { recursive: true })
    for (const entry of await this.readdir(source)) await this.cp(`${source}/${entry}`, `${destination}/${entry}`, options)
  }

  async mv(source: string, destination: string): Promise<void> {
    this.fs.rename(inward(source), inward(destination))
  }

  resolvePath(base: string, path: string): string {
    return normalize(join(base, path))
  }

  /** Only a shortcut for globs; the whole tree is never listed. */
  getAllPaths(): string[] {
    return []
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.fs.chmod(inward(path), mode)
  }

  async symlink(target: string, path: string): Promise<void> {
    this.fs.symlink(inward(target), inward(path))
  }

  async link(existing: string, path: string): Promise<void> {
    this.fs.link(inward(existing), inward(path))
  }

  async readlink(path: string): Promise<string> {
    return outward(this.fs.readlink(inward(path)))
  }

  async realpath(path: string): Promise<string> {
    return outward(this.fs.realpath(inward(path)))
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    this.fs.utimes(inward(path), BigInt(mtime.getTime()) * 1_000_000n, { explicit: true })
  }
}
