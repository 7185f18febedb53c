/** One worker, as its host sees it: runs one command at a time. */
import type { Content, Inode } from '@layerwright/vfs'
import { ExecutorUnavailableError, RunAbortedError, RunWorkerError } from '../../errors.js'
import { workerLimits } from '../../limits.js'
import type { ExecResult } from '../../types.js'
import type { ShellRequest } from '../request.js'
import type { SimulatedShellOptions } from '../simulated-shell.js'
import { applyChanges } from './changes.js'
import { fromFault } from './fault.js'
import { HostCalls } from './host-calls.js'
import type {
  BytesMessage,
  CallMessage,
  CallReply,
  DoneMessage,
  ReadMessage,
  RunMessage,
  ShellWorker,
  ToHost,
  ToldMessage,
  ToWorker,
} from './messages.js'
import { accessesOf } from './outbox.js'
import { ReadAhead } from './read-ahead.js'
import { buffersOf } from './rows.js'
import { TreeSender } from './trees.js'
import { type DescribedView, overlayData, rootsOf } from './view.js'

/** The command that runs. */
interface Running {
  readonly request: ShellRequest
  readonly options: SimulatedShellOptions
  readonly overlays: DescribedView['overlays']
  /** What was sent, held until the command has ended: the overlays may go on without it. */
  readonly trees: readonly Inode[]
  readonly calls: HostCalls
  /** By the number of the read, or a negative one that a call was answered with. */
  readonly faults: Map<number, unknown>
  resolve(result: ExecResult): void
  reject(error: unknown): void
}

export class WorkerSession {
  readonly #worker: ShellWorker
  readonly #trees = new TreeSender()
  readonly #ahead = new ReadAhead((number) => this.#content(number))
  /** Contents of files that only the host can open, by negative numbers, while a command runs. */
  readonly #opened = new Map<number, Content>()
  #lastOpened = 0
  #running: Running | undefined
  #dead = false

  constructor(worker: ShellWorker) {
    this.#worker = worker
    worker.addEventListener('message', (event) => this.#receive((event as MessageEvent<ToHost>).data))
    const died = (event: Event) => this.#died(event)
    worker.addEventListener('error', died)
    worker.addEventListener('messageerror', died)
    worker.answer?.((call) => this.#answer(call))
  }

  /** Whether a command can be shown this here. */
  canShow({ hosted }: DescribedView): boolean {
    return hosted.length === 0 || this.#worker.answer !== undefined
  }

  #answer(call: CallMessage): CallReply {
    // Nothing is done any more for a command that was aborted.
    if (!this.#running || this.#dead) return { errno: 'EIO', op: call.method, path: '' }
    return this.#running.calls.answer(call)
  }

  #content(number: number): Content | undefined {
    return number < 0 ? this.#opened.get(number) : this.#trees.content(number)
  }

  /** Whether it can take another command. */
  get usable(): boolean {
    return !this.#dead && this.#trees.size <= workerLimits.inodes
  }

  end(): unknown {
    this.#dead = true
    return this.#worker.terminate()
  }

  /** @throws ExecutorError */
  async run(view: DescribedView, request: ShellRequest, options: SimulatedShellOptions): Promise<ExecResult> {
    const { signal } = request
    const abort = () => void this.#abort(signal?.reason)
    this.#worker.ref?.()
    try {
      return await new Promise<ExecResult>((resolve, reject) => {
        const trees = rootsOf(view.overlays)
        const faults = new Map<number, unknown>()
        const calls = new HostCalls({
          content: (number) => this.#content(number)!,
          contentNumber: (content) => {
            this.#opened.set(--this.#lastOpened, content)
            return this.#lastOpened
          },
          faultNumber: (error) => {
            faults.set(-1 - faults.size, error)
            return -faults.size
          },
        })
        this.#running = { request, options, overlays: view.overlays, trees, calls, faults, resolve, reject }
        signal?.addEventListener('abort', abort, { once: true })
        this.#start(view, this.#running)
      })
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#running = undefined
      this.#opened.clear()
      this.#worker.unref?.()
    }
  }

  #start({ overlays, hosted, mounts }: DescribedView, { request, options, trees, calls }: Running): void {
    const roots = hosted.map(({ driver, node }) => calls.root(driver, node))
    const { argv, env, cwd, user, hostname, stdin, files } = request
    const { rows, numbers } = this.#trees.send(trees)
    const message: RunMessage = {
      type: 'run',
      command: {
        argv,
        env,
        cwd,
        ...(user === undefined ? {} : { user }),
        ...(hostname === undefined ? {} : { hostname }),
        ...(stdin ? { stdin } : {}),
        ...(files ? { files } : {}),
      },
      options: {
        limits: options.limits ?? {},
        everyCommand: options.everyCommand ?? false,
        aheadMs: options.clock ? options.clock() - Date.now() : 0,
      },
      wants: {
        output: request.onOutput !== undefined,
        access: request.onAccess !== undefined,
        program: options.onProgram !== undefined,
      },
      rows,
      overlays: overlayData(overlays, numbers),
      mounts: mounts.map(({ source, ...mount }) => ({ ...mount, source: 'hosted' in source ? { root: roots[source.hosted]! } : source })),
    }
    this.#post(message, buffersOf(rows))
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #receive(message: ToHost): void {
    const running = this.#running
    // Of a command that was aborted while the message was on its way.
    if (!running || this.#dead) return
    try {
      if (message.type === 'told') this.#told(running, message.told)
      else if (message.type === 'read') void this.#read(running, message)
      else this.#finish(running, message)
    } catch (error) {
      // A listener of the caller's threw, or the changes do not fit any more: the worker is in the middle of something.
      void this.end()
      running.reject(error)
    }
  }

  #told({ request, options }: Running, told: ToldMessage['told']): void {
    let taken = 0
    for (const each of told) {
      if ('kinds' in each) for (const access of accessesOf(each)) request.onAccess?.(access)
      else if ('access' in each) request.onAccess?.(each.access)
      else if ('program' in each) options.onProgram?.(each.program)
      else {
        request.onOutput?.(each.stream, each.bytes)
        taken += each.bytes.length
      }
    }
    if (taken > 0 && !this.#dead) this.#post({ type: 'taken', bytes: taken })
  }

  async #read({ faults }: Running, { request, content, start, end }: ReadMessage): Promise<void> {
    let message: BytesMessage
    try {
      message = { type: 'bytes', request, ...(await this.#ahead.read(content, start, end)) }
    } catch (error) {
      faults.set(request, error)
      message = { type: 'bytes', request, bytes: undefined, ahead: [] }
    }
    const buffers = [message.bytes, ...message.ahead.map(([, bytes]) => bytes)].flatMap((bytes) => bytes?.buffer ?? [])
    if (!this.#dead) this.#post(message, buffers)
  }

  #finish(running: Running, { outcome, changes }: DoneMessage): void {
    const hostContent = (number: number): Content => this.#content(number)!
    for (const [i, data] of changes.entries()) if (data) applyChanges(running.overlays[i]!, data, hostContent)
    if ('exitCode' in outcome) running.resolve({ exitCode: outcome.exitCode })
    else if (outcome.fault.kind === 'executor' && outcome.fault.code === 'RUN_ABORTED')
      running.reject(new RunAbortedError({ cause: running.request.signal?.reason }))
    else running.reject(fromFault(outcome.fault, (request) => running.faults.get(request)))
  }

  async #abort(reason: unknown): Promise<void> {
    const running = this.#running
    if (!running || this.#dead) return
    if (running.request.keepAborted) {
      this.#post({ type: 'abort' })
      // It comes to a step, and to an end of its own, or not.
      await new Promise((resolve) => setTimeout(resolve, workerLimits.stepMs))
      if (this.#running !== running || this.#dead) return
    }
    // Only when it has ended is nothing of the command left.
    await this.end()
    running.reject(new RunAbortedError({ cause: reason }))
  }

  #died(event: Event): void {
    if (this.#dead) return
    void this.end()
    const { message, error } = event as Partial<ErrorEvent>
    const why = message || (event.type === 'messageerror' ? 'a message could not be read' : 'it could not be loaded, or ended by itself')
    this.#running?.reject(new RunWorkerError(why, { cause: error ?? event }))
  }
}

/** @throws ExecutorUnavailableError where the caller's function fails */
export function startSession(make: () => ShellWorker): WorkerSession {
  try {
    return new WorkerSession(make())
  } catch (cause) {
    throw new ExecutorUnavailableError('the worker of the simulated shell could not be started', { cause })
  }
}
