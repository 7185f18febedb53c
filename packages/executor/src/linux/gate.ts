/**
 * THE GATE to processes (connections pass `sockets.ts`): everything that this executor starts on the machine is started here. What passes must never
 * - go through a shell with text in it that somebody else wrote: programs get argument vectors, and the one script that is run is a
 *   constant of this package that reads its values from positional parameters,
 * - hand on a file descriptor but the ones that are named here,
 * - outlive this process: whatever is started for a command is killed by the kernel when its parent dies.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Duplex, Writable } from 'node:stream'
import { ExecutorError } from '../errors.js'
import type { Input } from '../types.js'

/** System programs lie in sbin, which is not on everybody's PATH. */
const folders = (): string[] => [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean)

/** The environment of the machine's own programs: nothing of the caller's settings changes what they do. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: folders().join(delimiter), LC_ALL: 'C' })

/** The absolute path of a program of the machine, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const folder of folders()) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // the next folder may have it
    }
  }
  return undefined
}

/** Runs a program of the machine to its end and gives what it says. @throws ExecutorError TOOL_FAILED */
export function runTool(argv: readonly [string, ...string[]], options: { readonly input?: Buffer; readonly cwd?: string } = {}): string {
  const [program, ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(program, args, { ...options, env: environment(), maxBuffer: 2 ** 26 })
  if (error || status !== 0) {
    const why = error?.message ?? (stderr.toString().trim() || `exit code ${status}`)
    throw new ExecutorError('TOOL_FAILED', `${program} failed: ${why}`, error ? { cause: error } : undefined)
  }
  return stdout.toString()
}

/**
 * As `runTool`, beside everything else, with files in the place of its input and output.
 * @throws ExecutorError TOOL_FAILED
 */
export async function runToolOn(
  argv: readonly [string, ...string[]],
  { stdin, stdout, signal }: { readonly stdin?: number; readonly stdout?: number; readonly signal?: AbortSignal },
): Promise<void> {
  const [program, ...args] = argv
  const child = spawn(program, args, {
    env: environment(),
    stdio: [stdin ?? 'ignore', stdout ?? 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  })
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-MAX_COMPLAINT)
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(new ExecutorError('TOOL_FAILED', `${program} failed: ${cause.message}`, { cause })))
    child.once('close', resolve)
  })
  if (status !== 0) throw new ExecutorError('TOOL_FAILED', `${argv.join(' ')} failed: ${said.trim() || `exit code ${status}`}`)
}
const MAX_COMPLAINT = 4096

export interface StartOptions {
  readonly cwd: string
  /** For the command; without it the command reads an empty input. */
  readonly stdin: Input | undefined
  /** The three standard streams are those of this process. */
  readonly terminal: boolean
  /** Out of reach of what the terminal sends to everything in the foreground: who starts it passes signals on. */
  readonly apart: boolean
  /** What the program reads on descriptor 3. */
  readonly handOver?: Uint8Array
  /** Answers what the program says on descriptor 4, line by line; undefined ends the talk. */
  readonly answer?: (line: string) => Promise<string | undefined>
  /** Told what the program writes on descriptor 5. */
  readonly onTrace?: (bytes: Uint8Array) => void
}

/** Starts the wrapper of one command, or what runs another command in its sandbox. Descriptors 0 to 2 are the command's. */
export function startCommand(
  argv: readonly string[],
  { cwd, stdin, terminal, apart, handOver, answer, onTrace }: StartOptions,
): ChildProcess {
  const [program, ...args] = argv
  const own = terminal ? (['inherit', 'inherit', 'inherit'] as const) : ([stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] as const)
  const child = spawn(program!, args, {
    cwd,
    env: environment(),
    detached: apart && !terminal,
    // Each has its number, whether the others are there or not.
    stdio: [...own, ...pipes([handOver, answer, onTrace])],
  })
  // A command that does not read to the end closes the pipe: that is its own business.
  const gone = () => undefined
  child.stdin?.on('error', gone)
  if (child.stdin && stdin) void feed(child.stdin, stdin)
  if (handOver) {
    const side = child.stdio[3] as NodeJS.WritableStream
    side.on('error', gone)
    side.end(handOver)
  }
  if (answer) void talk(child.stdio[4] as Duplex, answer)
  // type-ok: node knows of five by their type
  if (onTrace) (child.stdio as readonly unknown[] as readonly (Duplex | undefined)[])[5]?.on('data', onTrace)
  return child
}

/** Starts a keeper: apart from the terminal, whose signals are for who waits for its commands. @param outputs descriptors from 2 on that it has for what commands print */
export function startKeeper(argv: readonly string[], { cwd, outputs }: { readonly cwd: string; readonly outputs: number }): ChildProcess {
  const [program, ...args] = argv
  const child = spawn(program!, args, { cwd, env: environment(), detached: true, stdio: Array.from({ length: 2 + outputs }, () => 'pipe') })
  for (const side of child.stdio) side?.on('error', () => undefined) // it has ended, and says so
  return child
}

/** Descriptors from 3 on: none behind the last that is used. */
function pipes(uses: readonly unknown[]): ('ignore' | 'pipe')[] {
  return uses.slice(0, uses.findLastIndex((use) => use !== undefined) + 1).map((use) => (use === undefined ? 'ignore' : 'pipe'))
}

async function talk(side: Duplex, answer: NonNullable<StartOptions['answer']>): Promise<void> {
  let text = ''
  try {
    for await (const bytes of side) {
      text += String(bytes)
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const said = await answer(text.slice(0, end))
        text = text.slice(end + 1)
        if (said === undefined) return
        side.write(`${said}\n`)
      }
    }
  } catch {
    // It was killed: who waits for its end hears of it.
  } finally {
    side.destroy()
  }
}

/** Hands input on as it comes, no faster than it is read. */
async function feed(to: Writable, input: Input): Promise<void> {
  if (input instanceof Uint8Array) return void to.end(input)
  for await (const bytes of input) {
    if (to.destroyed) return
    if (!to.write(bytes)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve))
  }
  to.end()
}

/** Sends a signal to a process of this machine; false where there is none, or it is not ours to send to. */
export function sendSignal(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** A helper that is talked to synchronously: descriptors of ours for what it is asked, and what it answers. */
export interface Helper {
  readonly calls: number
  readonly answers: number
  end(): void
}

/**
 * Starts a program of ours that is asked on its descriptor 0 and answers on 1. Named pipes, because those wait; nobody else knows their names, and they go with the folder.
 * @param folder empty, ours
 */
export function startHelper(argv: readonly string[], folder: string): Helper {
  const [program, ...args] = argv
  const [callPipe, answerPipe] = [join(folder, 'calls'), join(folder, 'answers')]
  runTool(['mkfifo', '-m', '600', callPipe, answerPipe])
  const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants
  // A pipe that one end is opened of waits for the other: so each has both for a moment. The helper is the only writer of its answers afterwards: they end with it.
  const childCalls = openSync(callPipe, O_RDWR)
  const calls = openSync(callPipe, O_WRONLY)
  const first = openSync(answerPipe, O_RDONLY | O_NONBLOCK)
  const childAnswers = openSync(answerPipe, O_WRONLY)
  const answers = openSync(answerPipe, O_RDONLY)
  closeSync(first)
  const child = spawn(program!, args, { env: environment(), stdio: [childCalls, childAnswers, 'ignore'] })
  // Whoever reads its answers sees that there are none.
  child.on('error', () => undefined)
  child.unref()
  for (const fd of [childCalls, childAnswers]) closeSync(fd)
  let ended = false
  return {
    calls,
    answers,
    end() {
      if (ended) return
      ended = true
      child.kill('SIGKILL')
      for (const fd of [calls, answers]) closeSync(fd)
    },
  }
}
