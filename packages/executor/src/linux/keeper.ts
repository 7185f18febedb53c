/**
 * A wrapper that is kept: what makes namespaces costs more than `bwrap` itself, so plain commands, which need nothing but their root, share one, one after
 * the other. Its first process is a shell that reads what to run, mounts the root, starts the runtime, and kills whatever that may have left; the mount goes with its directory (`removeRunFolder`). The keeper is tied
 * to this process' life as a wrapper of one command is (see `wrapper.ts`), so a kill -9 leaves no mount and no process.
 */
import type { ChildProcess } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import type { ExecRequest } from '../types.js'
import type { Kept } from './backends.js'
import { startKeeper } from './gate.js'
import { untilMarked } from './marked.js'
import { KEEPER_OUTPUTS, type KeeperStart, keeperArgv } from './wrapper.js'

/** A plain command, as a keeper takes it. */
export interface PlainCommand {
  /** Of the run: the name of its folder, with `u` and `w`, beside which the keeper works. */
  readonly id: string
  /** Of its overlay, in its folder. */
  readonly options: string
  /** See `newMark`. */
  readonly mark: string
  readonly rest: Kept['rest']
}

/** Bytes of a request: a shell reads them one by one, and beyond that a wrapper of its own costs less. */
const LONGEST_REQUEST = 4096

/** The command as the keeper's script reads it; undefined where it is too long for that. */
export function requestText({ id, options, mark, rest }: PlainCommand): string | undefined {
  const words = rest.map((word) => `${word.split('\n').length}\n${word}\n`)
  const text = `${id}\n${options}\n${mark}\n${rest.length}\n${words.join('')}`
  return Buffer.byteLength(text) > LONGEST_REQUEST || options.includes('\n') ? undefined : text
}

type Listeners = { readonly [Name in 'onOutput' | 'signal']: ExecRequest[Name] | undefined }

export class Keeper {
  readonly #child: ChildProcess
  /** What is left of its pipes for output. */
  readonly #outputs: Socket[]
  readonly #answers: string[] = []
  #unfinished = ''
  #wake: () => void = () => undefined
  /** It has said all. */
  #over = false
  #ended = false
  #proven = false
  #failed = false

  constructor({ cwd, ...start }: KeeperStart) {
    this.#child = startKeeper(keeperArgv(start), { cwd, outputs: KEEPER_OUTPUTS })
    const [, answers, ...outputs] = this.#child.stdio as readonly unknown[] as readonly Socket[] // type-ok: node knows of five by their type
    this.#outputs = outputs
    answers?.on('data', (bytes: Buffer) => {
      const lines = (this.#unfinished + String(bytes)).split('\n')
      this.#unfinished = lines.pop() ?? ''
      this.#answers.push(...lines)
      this.#wake()
    })
    const over = () => {
      this.#over = true
      this.#wake()
    }
    this.#child.once('error', over)
    this.#child.once('exit', () => {
      this.#ended = true
    })
    // Not by its exit: what it said last may come after that.
    answers?.once('close', over)
    this.#child.unref()
    for (const side of this.#sides) side.unref()
  }

  /** It takes no more commands. */
  get isOver(): boolean {
    return this.#over || this.#ended || this.#outputs.length === 0
  }

  /** It was asked, and has never brought a command to its end. */
  get isUseless(): boolean {
    return this.#failed
  }

  /** Lets it come to its end. */
  end(): void {
    this.#child.stdin?.end()
  }

  /**
   * Runs one command to its end, when nothing of it can print any more. Gives the exit code; null where the keeper was killed, undefined where the command did not
   * begin: then the keeper is of no use.
   * @param request see `requestText`
   */
  async run(
    { request, mark }: { readonly request: string; readonly mark: string },
    { onOutput, signal }: Listeners,
  ): Promise<number | null | undefined> {
    const abort = () => this.#abandon()
    // Many commands of one build have the same signal.
    if (signal) setMaxListeners(0, signal)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    const outputs = this.#outputs.splice(0, 2)
    const ends = outputs.map((output, i) => untilMarked(output, mark, (bytes) => onOutput?.(i === 0 ? 'stdout' : 'stderr', bytes)))
    // Its pipes may be closed before its end is known.
    this.#child.ref()
    for (const side of [...this.#sides, ...outputs]) side.ref()
    try {
      this.#child.stdin?.write(request)
      const started = (await this.#answer()) === 'started'
      const answer = started ? await this.#answer() : undefined
      this.#failed = !started && !this.#proven && !signal?.aborted
      if (!started) this.#abandon()
      const marked = await Promise.all(ends)
      // A command that shuts its output leaves the keeper waiting for it.
      if (marked.includes(false)) this.#abandon()
      this.#proven ||= answer !== undefined
      return answer === undefined ? (started ? null : undefined) : Number(answer.slice('exit '.length))
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#child.unref()
      for (const side of this.#sides) side.unref()
    }
  }

  #abandon(): void {
    this.#outputs.length = 0
    this.#child.kill('SIGKILL')
  }

  /** What it says next; undefined when it has ended. */
  async #answer(): Promise<string | undefined> {
    while (this.#answers.length === 0 && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#answers.shift()
  }

  /** What keeps this process alive. */
  get #sides(): Socket[] {
    const [requests, answers] = this.#child.stdio as readonly unknown[] as readonly Socket[] // type-ok: node knows of five by their type
    return [requests!, answers!, ...this.#outputs]
  }
}
