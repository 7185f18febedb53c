/** The workers of one executor: as many as commands run at once, kept a while for the next. */
import { workerLimits } from '../../limits.js'
import type { ShellWorker } from './messages.js'
import { startSession, type WorkerSession } from './session.js'

export class WorkerPool {
  readonly #make: () => ShellWorker
  readonly #idle = new Map<WorkerSession, ReturnType<typeof setTimeout>>()

  constructor(make: () => ShellWorker) {
    this.#make = make
  }

  /** Lends a worker: one that waits, or a new one. @throws ExecutorUnavailableError */
  async use<T>(work: (session: WorkerSession) => Promise<T>): Promise<T> {
    const session = this.#take() ?? startSession(this.#make)
    try {
      return await work(session)
    } finally {
      if (session.usable) this.#keep(session)
      else void session.end()
    }
  }

  /** The one that was used last: it knows most of the trees. */
  #take(): WorkerSession | undefined {
    const last = [...this.#idle].at(-1)
    if (!last) return undefined
    const [session, timer] = last
    clearTimeout(timer)
    this.#idle.delete(session)
    return session
  }

  #keep(session: WorkerSession): void {
    const timer = setTimeout(() => {
      this.#idle.delete(session)
      void session.end()
    }, workerLimits.idleMs)
    // A program that has nothing else to do may end.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
    this.#idle.set(session, timer)
  }
}
