/** `fs.Stats` and `fs.Dirent` of the façade. */
import type { DirEntry, FileType, Stat } from '../types.js'

const FORMAT: Record<FileType, number> = {
  file: 0o100000,
  dir: 0o040000,
  symlink: 0o120000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
}

class Typed {
  readonly #type: FileType

  constructor(type: FileType) {
    this.#type = type
  }

  isFile = (): boolean => this.#type === 'file'
  isDirectory = (): boolean => this.#type === 'dir'
  isSymbolicLink = (): boolean => this.#type === 'symlink'
  isFIFO = (): boolean => this.#type === 'fifo'
  isCharacterDevice = (): boolean => this.#type === 'char'
  isBlockDevice = (): boolean => this.#type === 'block'
  isSocket = (): boolean => false
}

/** As `fs.Stats`. There is one time, of the last change of the bytes: the other three show it too. */
export class NodeStats extends Typed {
  readonly dev: number
  readonly ino: number
  /** With the bits of the type. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeMs: number

  constructor(stat: Stat) {
    super(stat.type)
    this.dev = stat.dev
    this.ino = stat.ino
    this.mode = FORMAT[stat.type] | stat.mode
    this.nlink = stat.nlink
    this.uid = stat.uid
    this.gid = stat.gid
    this.size = stat.size
    this.mtimeMs = Number(stat.mtimeNs) / 1e6
  }

  get mtime(): Date {
    return new Date(this.mtimeMs)
  }
  get atimeMs(): number {
    return this.mtimeMs
  }
  get ctimeMs(): number {
    return this.mtimeMs
  }
  get birthtimeMs(): number {
    return this.mtimeMs
  }
  get atime(): Date {
    return this.mtime
  }
  get ctime(): Date {
    return this.mtime
  }
  get birthtime(): Date {
    return this.mtime
  }
}

/** As `fs.Dirent`. */
export class NodeDirent extends Typed {
  readonly name: string
  readonly parentPath: string

  constructor({ name, type }: DirEntry, parentPath: string) {
    super(type)
    this.name = name
    this.parentPath = parentPath
  }
}
