import { ExecutorError, RunLimitError, SimulationUnsupportedError } from '../errors.js'
import { CommandFailure, NotSimulated } from './failure.js'
import type { Descriptors } from './language/descriptors.js'
import type { Shell } from './language/shell.js'
// cycle-ok: a command may start others (xargs, env, find -exec), which are looked up among the commands
import { launch } from './launch.js'
import type { Result } from './result.js'
import { fromBytes, toBytes } from './system/bytes.js'
import { BrokenPipe, type OpenFile } from './system/open-file.js'
import { join } from './system/paths.js'
import { type Process, refuse } from './system/process.js'
import type { ShellFs } from './system/shell-fs.js'
import { codeOf, strerror } from './system/strerror.js'

const outputBuffer = 65536

/** One command of the pack at work: its arguments, its files, its output in order. All text is byte strings. */
export class Call {
  readonly process: Process
  readonly name: string
  readonly args: readonly string[]
  /** The worst status so far: commands that go on after an error set it. */
  status = 0
  /** It is an applet of busybox, whose ways differ from GNU's in places. */
  busybox = false
  /** The shell itself, where it runs the command inside: `printf -v`, `test -v`, echo's ways. */
  shell: Shell | undefined
  private pending: { readonly fd: 1 | 2; text: string }[] = []
  private pendingSize = 0

  constructor(process: Process, name: string) {
    this.process = process
    this.name = name
    this.args = process.argv.slice(1)
  }

  get fs(): ShellFs {
    return this.process.fs
  }

  /** `operand` as an absolute path. */
  path(operand: string): string {
    return operand === '' ? '' : join(this.process.cwd, operand)
  }

  out(text: string): void {
    this.put(1, text)
  }

  /** A message with the command's name in front. */
  err(message: string): void {
    this.put(2, `${this.name}: ${message}\n`)
  }

  /** A message with another name in front. */
  errAs(name: string, message: string): void {
    this.put(2, `${name}: ${message}\n`)
  }

  /** An error after which the command goes on; its status will be `status`. */
  fail(message: string, status = 1): void {
    this.err(message)
    this.status = Math.max(this.status, status)
  }

  /** Runs something whose system errors are reported as `PREFIX: REASON`, after which the command goes on. */
  attempt(prefix: string, action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      this.fail(`${prefix}: ${strerror(error)}`)
      return false
    }
  }

  private put(fd: 1 | 2, text: string): void {
    const last = this.pending[this.pending.length - 1]
    if (last?.fd === fd) last.text += text
    else this.pending.push({ fd, text })
    this.pendingSize += text.length
  }

  /** Keeps back what has gathered, while others write, until the function that it gives is called. */
  withhold(): () => void {
    const { pending, pendingSize } = this
    this.pending = []
    this.pendingSize = 0
    return () => {
      this.pending = [...pending, ...this.pending]
      this.pendingSize += pendingSize
    }
  }

  /** Writes out what has gathered. A command with much output calls this now and then; a reader that has gone ends it here. */
  async flush(): Promise<void> {
    const { pending } = this
    this.pending = []
    this.pendingSize = 0
    for (const { fd, text } of pending) {
      const file = this.process.fds.get(fd)
      if (!file) {
        if (fd === 1) throw new CommandFailure('write error: Bad file descriptor')
        continue
      }
      await file.write(this.process.task, toBytes(text))
    }
  }

  /** One step of work with output: gives other tasks a turn, and flushes when enough has gathered. */
  async step(): Promise<void> {
    if (this.pendingSize >= outputBuffer) await this.flush()
    await this.process.task.step()
  }

  /** Writes bytes as they are, in order with `out`. */
  async write(bytes: Uint8Array, fd = 1): Promise<void> {
    await this.flush()
    await this.process.fds.need(fd).write(this.process.task, bytes)
  }

  /** Turns `CommandFailure` into a message and a status. */
  async guard(body: () => Result): Promise<number> {
    try {
      const status = await body()
      await this.flush()
      return status ?? this.status
    } catch (error) {
      if (!(error instanceof CommandFailure)) return await this.unforeseen(error)
      if (error instanceof NotSimulated) {
        await this.flush()
        refuse(
          this.process,
          new SimulationUnsupportedError([this.process.argv[0], ...this.args].join(' '), error.message, this.process.line),
        )
      }
      if (error.message !== '') this.err(error.message)
      await this.flush()
      return error.status
    }
  }

  /** An error of the system that a command has no words of its own for: it is the command that fails, not the script. */
  private async unforeseen(error: unknown): Promise<number> {
    if (codeOf(error) === undefined || error instanceof BrokenPipe || error instanceof ExecutorError) throw error
    const { path } = error as { readonly path?: unknown }
    this.err(`${typeof path === 'string' && path !== '' ? `${path}: ` : ''}${strerror(error)}`)
    await this.flush()
    return Math.max(this.status, 1)
  }

  /** Opens an operand for reading; `-` is standard input. The caller releases it. @throws a system error */
  open(operand: string): OpenFile {
    if (operand === '-') return this.process.fds.need(0).hold()
    const own = this.fs.descriptor(this.path(operand))
    if (own !== undefined) return this.process.fds.need(own).hold()
    return this.fs.open(this.path(operand))
  }

  /** Opens an operand for writing. The caller releases it. */
  create(operand: string, options: Parameters<ShellFs['create']>[1] = {}): OpenFile {
    const own = this.fs.descriptor(this.path(operand))
    if (own !== undefined) return this.process.fds.need(own).hold()
    return this.fs.create(this.path(operand), options)
  }

  /** As `writeFile`; a system error becomes the command's own failure. @throws what `failure` gives for the reason */
  async writeOr(operand: string, text: string, failure: (reason: string) => CommandFailure): Promise<void> {
    try {
      await this.writeFile(operand, text)
    } catch (error) {
      if (error instanceof BrokenPipe) throw error
      throw failure(strerror(error))
    }
  }

  async writeFile(operand: string, text: string, mode?: number): Promise<void> {
    const file = this.create(operand, mode === undefined ? {} : { mode })
    try {
      await file.write(this.process.task, toBytes(text))
    } finally {
      file.release()
    }
  }

  /** Everything of an operand. @throws a system error */
  async read(operand: string): Promise<string> {
    const { heldBytes } = this.process.run.scheduler.limits
    const file = this.open(operand)
    try {
      const parts: string[] = []
      let size = 0
      for (let bytes = await file.read(this.process.task, 1 << 20); bytes; bytes = await file.read(this.process.task, 1 << 20)) {
        parts.push(fromBytes(bytes))
        size += bytes.length
        if (size > heldBytes) throw new RunLimitError('heldBytes', heldBytes)
      }
      return parts.join('')
    } finally {
      file.release()
    }
  }

  /** As `read`; an error is reported as `OPERAND: REASON` and gives undefined. */
  async tryRead(operand: string, status = 1): Promise<string | undefined> {
    try {
      return await this.read(operand)
    } catch (error) {
      this.fail(`${operand === '-' ? '-' : operand}: ${strerror(error)}`, status)
      return undefined
    }
  }

  /** Copies an operand to standard output as it comes. */
  async pour(file: OpenFile): Promise<void> {
    for (let bytes = await file.read(this.process.task); bytes; bytes = await file.read(this.process.task)) await this.write(bytes)
  }

  /** Runs another command with this one's files; 127 with a message where there is none. */
  async spawn(argv: readonly string[], overrides: Partial<Pick<Process, 'env' | 'cwd' | 'fds' | 'fs' | 'task'>> = {}): Promise<number> {
    await this.flush()
    const process: Process = {
      ...this.process,
      fs: this.fs.fork(),
      ...overrides,
      argv,
      depth: this.process.depth + 1,
      pid: this.process.run.nextPid++,
    }
    const outcome = await launch(process, { path: process.env.get('PATH') ?? '/usr/local/bin:/usr/bin:/bin', asScript: false })
    if (typeof outcome === 'number') return outcome
    if (outcome.failed === 'format') {
      this.err(`${argv[0]}: Exec format error`)
      return 126
    }
    const missing = outcome.failed === 'missing' || outcome.failed === 'interpreter'
    this.err(`${this.quoteName(argv[0] ?? '')}: ${missing ? 'No such file or directory' : 'Permission denied'}`)
    return missing ? 127 : 126
  }

  private quoteName(name: string): string {
    return this.name === 'find' || this.name === 'env' || this.name === 'timeout' ? `'${name}'` : name
  }

  fork(): Descriptors {
    return this.process.fds.fork()
  }
}
