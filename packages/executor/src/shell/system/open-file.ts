import type { Task } from './task.js'

/** An error of a system call. */
export class SystemError extends Error {
  readonly code: string
  constructor(code: string, message = code) {
    super(message)
    this.code = code
  }
}

/** The reader of a pipe has gone: the writer dies of SIGPIPE. */
export class BrokenPipe extends SystemError {
  constructor() {
    super('EPIPE')
  }
}

/** An open file description: shared by descriptors that were duplicated from each other, closed when the last one goes. */
export abstract class OpenFile {
  /** For messages and for `/dev/stdin`. */
  abstract readonly name: string
  readonly seekable: boolean = false
  readonly terminal: boolean = false
  private holders = 1

  /** Up to `max` bytes; null at the end. */
  read(_task: Task, _max?: number): Promise<Uint8Array | null> {
    throw new SystemError('EBADF')
  }

  write(_task: Task, _bytes: Uint8Array): Promise<void> | undefined {
    throw new SystemError('EBADF')
  }

  /** Gives bytes back that were read too far. */
  unread(_bytes: Uint8Array): void {}

  hold(): this {
    this.holders++
    return this
  }

  release(): void {
    this.holders--
    if (this.holders === 0) this.close()
  }

  protected close(): void {}
}

/** Bytes to read, from memory. */
export class BytesInput extends OpenFile {
  readonly name: string
  private rest: Uint8Array
  constructor(bytes: Uint8Array, name = 'pipe') {
    super()
    this.rest = bytes
    this.name = name
  }

  override async read(_task: Task, max = Infinity): Promise<Uint8Array | null> {
    if (this.rest.length === 0) return null
    const bytes = this.rest.subarray(0, max)
    this.rest = this.rest.subarray(bytes.length)
    return bytes
  }

  override unread(bytes: Uint8Array): void {
    const joined = new Uint8Array(bytes.length + this.rest.length)
    joined.set(bytes)
    joined.set(this.rest, bytes.length)
    this.rest = joined
  }
}

/** Bytes written, handed to a function. */
export class Sink extends OpenFile {
  readonly name: string
  private readonly take: (bytes: Uint8Array) => Promise<void> | undefined | void
  constructor(name: string, take: (bytes: Uint8Array) => Promise<void> | undefined | void) {
    super()
    this.name = name
    this.take = take
  }

  override write(task: Task, bytes: Uint8Array): Promise<void> | undefined {
    task.scheduler.countWritten(bytes.length)
    return this.take(bytes) ?? undefined
  }
}
