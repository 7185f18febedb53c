import { type ExecutorError, RunLimitError } from '../../errors.js'
import type { ExecutorLimits } from '../../limits.js'

/** A process ended by a signal; its status is 128 + the number. */
export class Killed extends Error {
  readonly signal: number
  constructor(signal: number) {
    super(`killed by signal ${signal}`)
    this.signal = signal
  }
}

/** How long the event loop may be held before it gets a turn, so that abort signals and other work come through. */
const sliceMs = 20
const stepsPerLook = 64

/** The clock, the counters and the sleepers of one run. */
export class Scheduler {
  readonly limits: ExecutorLimits
  private readonly clock: () => number
  private readonly waiting: () => boolean
  private skippedMs = 0
  private steps = 0
  private written = 0
  private sliceEnd = 0
  private activity = 0
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  private watching = false

  /** `waiting`: something outside is being waited for, so that standing still does not mean that everything sleeps. */
  constructor(limits: ExecutorLimits, clock: () => number, waiting: () => boolean = () => false) {
    this.limits = limits
    this.clock = clock
    this.waiting = waiting
    this.sliceEnd = clock() + sliceMs
  }

  /** Milliseconds since 1970, with the time that was slept. */
  now(): number {
    return this.clock() + this.skippedMs
  }

  /** One step of work; a promise where the event loop should get its turn. */
  step(): Promise<void> | undefined {
    this.activity++
    this.steps++
    if (this.steps > this.limits.commands) throw new RunLimitError('commands', this.limits.commands)
    if (this.steps % stepsPerLook !== 0 || this.clock() < this.sliceEnd) return undefined
    return this.turn()
  }

  /** Work that does not count as a command: pipes filling, files being read. */
  touch(): void {
    this.activity++
  }

  async turn(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    this.sliceEnd = this.clock() + sliceMs
  }

  countWritten(bytes: number): void {
    this.activity++
    this.written += bytes
    if (this.written > this.limits.writtenBytes) throw new RunLimitError('writtenBytes', this.limits.writtenBytes)
  }

  /** Wakes after `ms` of simulated time; the time itself is skipped as soon as nothing else can run. Gives a way to cancel. */
  sleep(ms: number, wake: () => void): () => void {
    const sleeper = { at: this.now() + ms, wake }
    this.sleepers.add(sleeper)
    this.watch()
    return () => this.sleepers.delete(sleeper)
  }

  private watch(): void {
    if (this.watching) return
    this.watching = true
    let seen = -1
    const look = () => {
      if (this.sleepers.size === 0) {
        this.watching = false
        return
      }
      const first = [...this.sleepers].reduce((a, b) => (b.at < a.at ? b : a))
      if ((this.activity === seen && !this.waiting()) || first.at <= this.now()) {
        this.skippedMs += Math.max(0, first.at - this.now())
        this.sleepers.delete(first)
        first.wake()
      }
      seen = this.activity
      setTimeout(look, 0)
    }
    setTimeout(look, 0)
  }
}

/** A process or a group of them that can be stopped; stopping reaches everything below. */
export class Task {
  readonly scheduler: Scheduler
  readonly root: Task
  private reason: Error | undefined
  private readonly children = new Set<Task>()
  private readonly blocked = new Set<(reason: Error) => void>()
  private readonly parent: Task | undefined

  constructor(scheduler: Scheduler, parent?: Task) {
    this.scheduler = scheduler
    this.parent = parent
    this.root = parent?.root ?? this
    this.reason = parent?.reason
    parent?.children.add(this)
  }

  /** A task below this one; `done` must be called when it has ended. */
  child(): Task {
    return new Task(this.scheduler, this)
  }

  done(): void {
    this.parent?.children.delete(this)
  }

  stop(reason: Error): void {
    this.reason ??= reason
    for (const reject of [...this.blocked]) reject(reason)
    for (const child of [...this.children]) child.stop(reason)
  }

  /** The whole run fails with this, whatever the script does with statuses. */
  fail(reason: ExecutorError): void {
    this.root.stop(reason)
  }

  check(): void {
    if (this.reason) throw this.reason
  }

  /** One step of work. @throws Killed, ExecutorError where the task was stopped. */
  step(): Promise<void> | undefined {
    this.check()
    const turn = this.scheduler.step()
    return turn?.then(() => this.check())
  }

  /** Waits for something that another task brings about, or for being stopped. */
  wait(register: (resolve: () => void) => void): Promise<void> {
    this.check()
    return new Promise((resolve, reject) => {
      const stop = (reason: Error) => {
        this.blocked.delete(stop)
        reject(reason)
      }
      this.blocked.add(stop)
      register(() => {
        this.blocked.delete(stop)
        this.scheduler.touch()
        resolve()
      })
    })
  }

  sleep(ms: number): Promise<void> {
    let cancel = () => {}
    const waiting = this.wait((resolve) => {
      cancel = this.scheduler.sleep(ms, resolve)
    })
    return waiting.finally(() => cancel())
  }
}
