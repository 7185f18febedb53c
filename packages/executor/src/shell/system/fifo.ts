import { BrokenPipe, OpenFile } from './open-file.js'
import type { Task } from './task.js'

/** What lies behind a named pipe while processes have it open. */
export class Fifo {
  readonly queue: Uint8Array[] = []
  writers = 0
  readers = 0
  /** Whether a writer has come since the last end of input. */
  written = false
  private waiters: (() => void)[] = []

  wake(): void {
    const all = this.waiters
    this.waiters = []
    for (const each of all) each()
  }

  changed(task: Task): Promise<void> {
    return task.wait((resolve) => this.waiters.push(resolve))
  }
}

/** A process's end of a named pipe: reading waits for a writer, and ends when the last one has gone. */
export class FifoFile extends OpenFile {
  readonly name = 'fifo'
  private readonly fifo: Fifo
  private readonly writes: boolean

  constructor(fifo: Fifo, writes: boolean) {
    super()
    this.fifo = fifo
    this.writes = writes
    if (writes) {
      fifo.writers++
      fifo.written = true
    } else fifo.readers++
    fifo.wake()
  }

  override async read(task: Task, max = Number.POSITIVE_INFINITY): Promise<Uint8Array | null> {
    const { fifo } = this
    while (fifo.queue.length === 0) {
      if (fifo.written && fifo.writers === 0) {
        fifo.written = false
        return null
      }
      await fifo.changed(task)
    }
    const first = fifo.queue[0]!
    const bytes = first.subarray(0, max)
    if (bytes.length < first.length) fifo.queue[0] = first.subarray(bytes.length)
    else fifo.queue.shift()
    return bytes
  }

  override unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.fifo.queue.unshift(bytes)
  }

  /** Waits for a reader first, as opening does. */
  override async write(task: Task, bytes: Uint8Array): Promise<void> {
    const { fifo } = this
    task.check()
    const hadReader = fifo.readers > 0
    while (fifo.readers === 0) {
      if (hadReader) throw new BrokenPipe()
      await fifo.changed(task)
    }
    task.scheduler.countWritten(bytes.length)
    fifo.queue.push(bytes.slice())
    fifo.wake()
  }

  protected override close(): void {
    if (this.writes) this.fifo.writers--
    else this.fifo.readers--
    this.fifo.wake()
  }
}
