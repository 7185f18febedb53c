import { BrokenPipe, OpenFile } from './open-file.js'
import type { Task } from './task.js'

/** What a pipe holds before its writer has to wait, as Linux has it. */
const capacity = 65536

class Channel {
  readonly queue: Uint8Array[] = []
  size = 0
  writing = true
  reading = true
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

class ReadEnd extends OpenFile {
  readonly name = 'pipe'
  private readonly channel: Channel
  constructor(channel: Channel) {
    super()
    this.channel = channel
  }

  override async read(task: Task, max = Infinity): Promise<Uint8Array | null> {
    const { channel } = this
    while (channel.queue.length === 0) {
      if (!channel.writing) return null
      await channel.changed(task)
    }
    const first = channel.queue[0]!
    const bytes = first.subarray(0, max)
    if (bytes.length < first.length) channel.queue[0] = first.subarray(bytes.length)
    else channel.queue.shift()
    channel.size -= bytes.length
    channel.wake()
    return bytes
  }

  override unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.channel.queue.unshift(bytes)
    this.channel.size += bytes.length
  }

  protected override close(): void {
    this.channel.reading = false
    this.channel.wake()
  }
}

class WriteEnd extends OpenFile {
  readonly name = 'pipe'
  private readonly channel: Channel
  constructor(channel: Channel) {
    super()
    this.channel = channel
  }

  override write(task: Task, bytes: Uint8Array): Promise<void> | undefined {
    const { channel } = this
    task.check()
    if (!channel.reading) throw new BrokenPipe()
    if (bytes.length === 0) return undefined
    task.scheduler.countWritten(bytes.length)
    channel.queue.push(bytes.slice())
    channel.size += bytes.length
    channel.wake()
    return channel.size >= capacity ? this.drained(task) : undefined
  }

  private async drained(task: Task): Promise<void> {
    while (this.channel.size >= capacity) {
      if (!this.channel.reading) throw new BrokenPipe()
      await this.channel.changed(task)
    }
  }

  protected override close(): void {
    this.channel.writing = false
    this.channel.wake()
  }
}

/** A pipe between two commands that run at the same time. */
export function pipe(): { readonly reader: OpenFile; readonly writer: OpenFile } {
  const channel = new Channel()
  return { reader: new ReadEnd(channel), writer: new WriteEnd(channel) }
}
