import { type OpenFile, SystemError } from '../system/open-file.js'

/** The file descriptors of a process. */
export class Descriptors {
  private readonly table: Map<number, OpenFile>

  constructor(table: Map<number, OpenFile>) {
    this.table = table
  }

  /** A copy that holds every file itself; `close` gives them back. */
  fork(): Descriptors {
    return new Descriptors(new Map([...this.table].map(([fd, file]) => [fd, file.hold()])))
  }

  get(fd: number): OpenFile | undefined {
    return this.table.get(fd)
  }

  /** @throws SystemError EBADF */
  need(fd: number): OpenFile {
    const file = this.table.get(fd)
    if (!file) throw new SystemError('EBADF')
    return file
  }

  /** Puts a file in a place; the table takes the caller's hold on it. */
  set(fd: number, file: OpenFile): void {
    const old = this.table.get(fd)
    this.table.set(fd, file)
    old?.release()
  }

  remove(fd: number): void {
    const old = this.table.get(fd)
    this.table.delete(fd)
    old?.release()
  }

  /** The lowest free number from `start` up. */
  free(start: number): number {
    let fd = start
    while (this.table.has(fd)) fd++
    return fd
  }

  close(): void {
    for (const fd of [...this.table.keys()]) this.remove(fd)
  }
}
