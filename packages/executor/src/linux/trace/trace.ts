/**
 * Reads the trace of a command, line by line, as it comes, and tells what the command looked at. It follows the command's tree in memory; a result that
 * does not fit to it, a call that it does not know, a line that it can't read: from then on the command is untraced.
 */
import type { FileAccess } from '../../types.js'
import { Births } from './births.js'
import { type Call, callOf, type Looked, type Process, resultOf } from './calls.js'
import { isCommand, lookForProgram, type TracedCommand } from './command.js'
import { fchdir } from './effects.js'
import { keep } from './keep.js'
import type { KeptPrograms } from './kept.js'
import { type Line, parseCall, parseLine, stringOf } from './lines.js'
import { Overlaps } from './overlaps.js'
import { Programs } from './programs.js'
import { CLONES, DISTURBED, HARMLESS, IDENTITIES, MESSAGES } from './syscalls.js'
import type { TreeNode } from './tree.js'
import { Lost, telling, Walker } from './walk.js'

export interface TraceEnd {
  /** Why it is not traced. */
  readonly lost?: string | undefined
  /** What the command did would have gone otherwise without a tracer. */
  readonly disturbed?: boolean
  /** Calls that were traced. */
  readonly calls: number
}

/** Lines: about a gigabyte of text. */
const MOST_LINES = 5_000_000
/** Of one line; the longest name a program with its arguments. */
const LONGEST_LINE = 1 << 20

/**
 * A process whose parent ends first becomes the tracer's child, and the tracer hears of its end twice: the second time it has forgotten it. What it says
 * of that comes beside the trace, before or behind the line of the end.
 */
const HEARD_AGAIN = /: Exit of unknown pid (\d+) ignored$/

const IGNORED: ReadonlySet<string> = new Set(HARMLESS)
const CLONE_REFUSED = /\bCLONE_(?:UNTRACED|NEW[A-Z]+)\b/

export class CommandTrace {
  readonly #command: TracedCommand
  readonly #walker: Walker
  readonly #overlaps: Overlaps
  readonly #programs: Programs
  readonly #births = new Births()
  readonly #inside = new Map<number, Process>()
  /** Processes of the runtime. */
  readonly #outside = new Set<number>()
  /** Calls by which the runtime is starting processes. */
  readonly #startingOutside = new Set<number>()
  /** Lines of processes that may be the runtime's. */
  readonly #waiting = new Map<number, Line[]>()
  readonly #ended = new Set<number>()
  readonly #heardAgain = new Set<number>()
  #started = false
  #rest = ''
  #lines = 0
  #calls = 0
  #lost: string | undefined
  #disturbed = false

  constructor(command: TracedCommand, root: TreeNode, onAccess: (access: FileAccess) => void, kept?: KeptPrograms) {
    const tell = telling(onAccess)
    this.#command = command
    this.#walker = new Walker(root, tell)
    this.#programs = new Programs(this.#walker, tell, { superuser: command.superuser, root: command.root, kept })
    this.#overlaps = new Overlaps(this.#walker, tell, (call, looked) => {
      if (kept) keep(kept, call, looked, root)
      this.#succeeded(call, looked)
    })
    onAccess({ kind: 'env', name: '' })
  }

  push(bytes: Uint8Array): void {
    if (this.#lost !== undefined) return
    const lines = (this.#rest + Buffer.from(bytes).toString('latin1')).split('\n')
    this.#rest = lines.pop() ?? ''
    this.#attempt(() => {
      for (const line of lines) this.#line(line)
      if (this.#rest.length > LONGEST_LINE) throw new Lost('a line of the trace is too long')
    })
  }

  /** Whether `end` will ask for files: only what is left of them says what they were. */
  get asks(): boolean {
    return this.#lost === undefined && this.#programs.asks
  }

  /** @param open the file at a path as the command left it; undefined where there is none */
  async end(open: Parameters<Programs['finish']>[0]): Promise<TraceEnd> {
    this.#attempt(() => {
      if (this.#rest !== '' || this.#waiting.size > 0) throw new Lost('the trace was cut')
      if (!this.#started) throw new Lost('the tracer did not see it begin')
      this.#overlaps.finish()
      if ([...this.#heardAgain].some((pid) => !this.#ended.has(pid))) throw new Lost('a process ended that the tracer did not follow')
    })
    if (this.#lost === undefined) {
      try {
        await this.#programs.finish(open)
      } catch (error) {
        this.#fail(error)
      }
    }
    return { lost: this.#lost, disturbed: this.#disturbed || this.#programs.disturbed || !this.#started, calls: this.#calls }
  }

  #attempt(work: () => void): void {
    if (this.#lost !== undefined) return
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof Lost)) throw error
    this.#lost ??= error.message
  }

  #line(text: string): void {
    if (++this.#lines > MOST_LINES) throw new Lost('its trace is too long')
    const line = parseLine(text)
    const heardAgain = line ? undefined : HEARD_AGAIN.exec(text)?.[1]
    if (heardAgain !== undefined) {
      this.#heardAgain.add(Number(heardAgain))
      return
    }
    if (!line) throw new Lost(`the tracer wrote ${JSON.stringify(text.slice(0, 100))}`)
    this.#dispatch(line)
  }

  #dispatch(line: Line): void {
    const { pid } = line
    if (line.kind === 'exit') this.#ended.add(pid)
    const process = this.#inside.get(pid)
    if (!this.#started) this.#before(line)
    else if (process) this.#of(process, line)
    else if (this.#outside.has(pid)) this.#ofRuntime(line)
    else this.#ofStranger(line)
  }

  /** A process that was not seen before: who began it? */
  #ofStranger(line: Line): void {
    const { pid } = line
    if (!this.#births.any) {
      if (this.#startingOutside.size === 0) throw new Lost('a process came of nowhere')
      this.#outside.add(pid)
      this.#ofRuntime(line)
      return
    }
    if (this.#startingOutside.size > 0) {
      this.#waiting.set(pid, [...(this.#waiting.get(pid) ?? []), line])
      return
    }
    const born = this.#births.take()
    this.#inside.set(pid, born)
    this.#of(born, line)
  }

  /** The runtime's processes, until one of them becomes the command. */
  #before(line: Line): void {
    this.#outside.add(line.pid)
    if (line.kind === 'begun') this.#overlaps.begin(line.pid, line.name, line.text, undefined)
    const args = line.kind === 'call' ? line.args : line.kind === 'ended' ? this.#whole(line)?.args : undefined
    const result = line.kind === 'call' ? line.result : line.kind === 'ended' ? /= (.*)$/.exec(line.text)?.[1] : undefined
    if (args && result === '0' && 'name' in line && line.name === 'execve' && isCommand(args[1], this.#command.argv))
      this.#start(line.pid, args)
    else this.#ofRuntime(line)
  }

  #whole(line: Extract<Line, { kind: 'ended' }>): ReturnType<typeof parseCall> {
    const begun = this.#overlaps.take(line.pid)
    return begun && parseCall(begun.text + line.text)
  }

  #start(pid: number, args: readonly string[]): void {
    this.#started = true
    this.#outside.delete(pid)
    this.#startingOutside.delete(pid)
    const { cwd } = this.#command
    const process: Process = { where: { cwd: this.#walker.locate(cwd), doubtful: undefined }, exe: undefined }
    this.#inside.set(pid, process)
    lookForProgram(this.#command, stringOf(args[0]) ?? '', this.#walker)
    const call = callOf('execve', args, process)
    if (call) this.#overlaps.end(call, { ok: true, error: undefined, path: undefined })
  }

  #ofRuntime(line: Line): void {
    const { pid } = line
    if (line.kind === 'exit') this.#startingOutside.delete(pid)
    if (!('name' in line) || !CLONES.has(line.name)) return
    if (line.kind === 'begun') {
      this.#startingOutside.add(pid)
      return
    }
    this.#startingOutside.delete(pid)
    const text = line.kind === 'call' ? line.result : (/= (.*)$/.exec(line.text)?.[1] ?? '')
    // The runtime has the tracer's own numbers.
    const child = Number(/^\d+/.exec(text)?.[0] ?? 0)
    if (child > 0 && !this.#inside.has(child)) this.#outside.add(child)
    if (this.#startingOutside.size > 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [, lines] of waiting) for (const each of lines) this.#dispatch(each)
  }

  #of(process: Process, line: Line): void {
    const { pid } = line
    switch (line.kind) {
      case 'other':
        throw new Lost(`the tracer wrote ${JSON.stringify(line.text.slice(0, 100))}`)
      case 'call':
        this.#call(process, pid, line.name, line.args, line.result)
        break
      case 'begun':
        this.#begun(process, line)
        break
      case 'ended': {
        const begun = this.#overlaps.take(pid)
        if (begun?.name !== line.name) throw new Lost('a call ended that had not begun')
        const whole = parseCall(begun.text + line.text)
        if (whole?.result === undefined) throw new Lost('a call that the tracer did not write out')
        if (CLONES.has(line.name)) {
          if (failed(whole.result)) this.#births.failed(pid)
          break
        }
        this.#call(process, pid, line.name, whole.args, whole.result, begun)
        break
      }
      case 'exit':
        if (this.#overlaps.mayHaveChanged(pid)) throw new Lost('it was killed while it changed something')
        this.#overlaps.take(pid)
        this.#inside.delete(pid)
        break
      case 'superseded':
        this.#overlaps.take(pid)
        this.#overlaps.rename(line.by, pid)
        this.#inside.delete(line.by)
        break
    }
  }

  #begun(process: Process, { pid, name, text }: Extract<Line, { kind: 'begun' }>): void {
    const args = parseCall(text)?.args
    if (!args) throw new Lost('a call that the tracer did not write out')
    this.#overlaps.begin(pid, name, text, callOf(name, args, process))
    if (CLONES.has(name)) this.#birth(process, pid, name, args)
  }

  #birth(parent: Process, parentPid: number, name: string, args: readonly string[]): void {
    const flags = args.join(' ')
    if (CLONE_REFUSED.test(flags)) {
      this.#disturbed ||= flags.includes('CLONE_UNTRACED')
      throw new Lost(`a process that ${name} puts out of sight`)
    }
    const { where, exe } = parent
    this.#births.begin({ parentPid, where: /\bCLONE_FS\b/.test(flags) ? where : undefined, cwd: where.cwd, exe })
  }

  #call(process: Process, pid: number, name: string, args: readonly string[], text: string, begun?: ReturnType<Overlaps['take']>): void {
    this.#calls++
    const result = resultOf(text)
    const call = callOf(name, args, process)
    if (call) {
      if (!result) {
        if (begun?.call ?? call.spec.action !== 'execute') throw new Lost('it was killed in the middle of something')
        return
      }
      this.#overlaps.end(call, result, begun)
      return
    }
    if (IGNORED.has(name)) return
    if (CLONES.has(name)) {
      if (result?.ok) this.#birth(process, pid, name, args)
    } else if (IDENTITIES.has(name)) this.#programs.otherIdentity()
    else if (name === 'fchdir') fchdir(process, args, result, this.#walker)
    else if (MESSAGES.has(name)) {
      if (args.some((arg) => arg.includes('sun_path="'))) throw new Lost('a message to a socket by its path')
    } else if (DISTURBED.has(name)) {
      this.#disturbed = true
      throw new Lost(`it called ${name}, which does something else under a tracer`)
    } else if (!result || result.ok) throw new Lost(`it called ${name}`)
  }

  #succeeded(call: Call, { from }: Looked): void {
    if (call.spec.action !== 'execute') return
    if (!from.node) throw new Lost('a program that lies in no folder')
    call.process.exe = from.node
    this.#programs.executed(from.node, call.process)
  }
}

const failed = (result: string): boolean => resultOf(result)?.ok !== true
