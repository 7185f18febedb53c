import type { RunningCommand } from '@layerwright/executor'
import { SIGKILL, signalNumber } from './signals.js'

/** A process of a container, for who started it. */
export interface ProcessHandle {
  /** Sends a signal, by name or number; one that comes before the process has begun is kept for it. @throws InvalidSignalError */
  kill(signal: string): void
  /** Resolves once the process runs, with true; with false where it ended before that was known. */
  readonly started: Promise<boolean>
}

/** Signals that end no process by themselves (signal(7)): CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH. */
const HARMLESS = new Set([17, 18, 19, 20, 21, 22, 23, 28])

/**
 * Signals on their way to a process. An executor that has real processes is asked to send them; in a simulated one there is nobody who could handle
 * them, so one that ends processes ends this one, with the status of a process that it killed.
 */
export class ProcessControl implements ProcessHandle {
  readonly started: Promise<boolean>
  /** The signal that ended a process which could not be sent one. */
  killedBy: number | undefined
  readonly #abort = new AbortController()
  readonly #waiting: number[] = []
  #command: RunningCommand | undefined
  #simulated = false
  #begun: (begun: boolean) => void = () => undefined

  constructor() {
    this.started = new Promise((resolve) => {
      this.#begun = resolve
    })
  }

  /** For the executor: fires when the process has to be ended from outside. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  kill(signal: string): void {
    this.send(signalNumber(signal))
  }

  send(signal: number): void {
    if (this.#command) this.#command.kill(signal)
    else if (this.#simulated || signal === SIGKILL) {
      if (HARMLESS.has(signal)) return
      this.killedBy ??= signal
      this.#abort.abort()
    } else this.#waiting.push(signal)
  }

  /** It is about to run where no signal can be sent. */
  simulate(): void {
    this.#simulated = true
    this.#begun(true)
    for (const signal of this.#waiting.splice(0)) this.send(signal)
  }

  /** It runs. `told`: until that is known, nobody hears of it. */
  begin(command: RunningCommand, told: Promise<void> = Promise.resolve()): void {
    this.#command = command
    const begun = () => this.#begun(true)
    told.then(begun, begun)
    for (const signal of this.#waiting.splice(0)) command.kill(signal)
  }

  end(): void {
    this.#begun(false)
  }
}
