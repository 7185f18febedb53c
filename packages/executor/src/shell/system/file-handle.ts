import type { Content, FileSystem, Stat } from '@layerwright/vfs'
import { concatBytes } from './bytes.js'
import { OpenFile, SystemError } from './open-file.js'
import { below } from './paths.js'
import { codeOf } from './strerror.js'
import type { Task } from './task.js'

const readSize = 65536
/** Written bytes are gathered up to this before they go to the tree: each in-place write of the tree may copy the file. */
const gatherSize = 8 << 20

/** The files of one run that are open for writing and hold bytes which the tree has not seen yet. */
export class Writeback {
  /** Nothing is gathered: where room is bounded, who writes has to hear that there is none. */
  readonly prompt: boolean
  private readonly open = new Set<FileHandle>()
  private readonly dirty = new Set<FileHandle>()

  constructor(prompt: boolean) {
    this.prompt = prompt
  }

  add(handle: FileHandle): void {
    this.open.add(handle)
  }

  remove(handle: FileHandle): void {
    this.open.delete(handle)
    this.dirty.delete(handle)
  }

  mark(handle: FileHandle): void {
    this.dirty.add(handle)
  }

  /** Before anybody looks at the tree. */
  settle(): void {
    if (this.dirty.size === 0) return
    for (const handle of this.dirty) handle.flush()
    this.dirty.clear()
  }

  /** A file keeps being written after it was renamed. */
  renamed(from: string, to: string): void {
    for (const handle of this.open) {
      const rest = below(from, handle.path)
      if (rest !== undefined) handle.path = rest === '' ? to : `${to}/${rest}`
    }
  }
}

export interface OpenMode {
  readonly read: boolean
  readonly write: boolean
  readonly append: boolean
}

/** A regular file that is open. Paths are names of the filesystem here, not byte strings. */
export class FileHandle extends OpenFile {
  override readonly seekable = true
  readonly name: string
  path: string
  private readonly fs: FileSystem
  private readonly mode: OpenMode
  private readonly writeback: Writeback
  /** As it was when it was opened. Its number is asked only for comparing: that is a look at all its attributes. */
  private readonly stat: Stat
  private content: Content | undefined
  private offset = 0
  private gathered: Uint8Array[] = []
  private gatheredSize = 0
  private gatheredAt = 0

  constructor(fs: FileSystem, path: string, stat: Stat, mode: OpenMode, writeback: Writeback) {
    super()
    this.fs = fs
    this.path = path
    this.name = path
    this.mode = mode
    this.writeback = writeback
    this.stat = stat
    if (mode.read) this.content = fs.open(path)
    if (mode.write) writeback.add(this)
  }

  override async read(task: Task, max = readSize): Promise<Uint8Array | null> {
    if (!this.mode.read) throw new SystemError('EBADF')
    task.check()
    this.writeback.settle()
    if (this.mode.write && this.alive()) this.content = this.fs.open(this.path)
    const content = this.content!
    const length = Math.min(max, readSize, content.size - this.offset)
    if (length <= 0) return null
    const bytes = new Uint8Array(length)
    if (content.readInto) {
      const got = content.readInto(bytes, this.offset)
      this.offset += got
      return got === 0 ? null : bytes.subarray(0, got)
    }
    let at = 0
    for await (const part of content.stream(this.offset, this.offset + length)) {
      bytes.set(part, at)
      at += part.length
    }
    task.scheduler.touch()
    this.offset += at
    return at === 0 ? null : bytes.subarray(0, at)
  }

  override unread(bytes: Uint8Array): void {
    this.offset -= bytes.length
  }

  /** Moves the place of the next read or write; gives it. */
  seek(offset: number): void {
    this.writeback.settle()
    this.offset = offset
  }

  override write(task: Task, bytes: Uint8Array): undefined {
    if (!this.mode.write) throw new SystemError('EBADF')
    task.check()
    if (bytes.length === 0) return
    task.scheduler.countWritten(bytes.length)
    if (this.gathered.length === 0) {
      if (this.mode.append && this.alive()) this.offset = this.fs.stat(this.path).size
      this.gatheredAt = this.offset
      this.writeback.mark(this)
    }
    this.gathered.push(bytes.slice())
    this.gatheredSize += bytes.length
    this.offset += bytes.length
    if (this.gatheredSize >= gatherSize || this.writeback.prompt) this.flush()
  }

  /** Brings what was gathered into the tree; into nothing where the file was unlinked meanwhile. */
  flush(): void {
    if (this.gathered.length === 0) return
    const bytes = concatBytes(this.gathered)
    this.gathered = []
    this.gatheredSize = 0
    if (this.alive()) this.fs.writeAt(this.path, this.gatheredAt, bytes)
  }

  /** Whether the path still names the file that was opened; copy-up may have given it a new number, another type has not. */
  private alive(): boolean {
    try {
      return this.fs.lookup(this.path)?.type === 'file'
    } catch (error) {
      if (codeOf(error)) return false
      throw error
    }
  }

  /** Identity for `cat x > x`: "input file is output file". */
  isSame(other: FileHandle): boolean {
    return this.path === other.path && this.stat.ino === other.stat.ino
  }

  protected override close(): void {
    this.flush()
    this.writeback.remove(this)
  }
}
