// Over 300 lines, in one file because every command of sed works on the same few registers: pattern, hold, line, inputs.

import type { Call } from '../../call.js'
import { CommandFailure, NotSimulated } from '../../failure.js'
import { codeOf } from '../../system/strerror.js'
import type { Address, ReplacementPart, SedCommand, Substitution } from './parser.js'

/** The lines of one input file. */
export class SedInput {
  readonly name: string
  private readonly text: string
  private readonly separator: string
  private at = 0

  constructor(name: string, text: string, separator: string) {
    this.name = name
    this.text = text
    this.separator = separator
  }

  get ended(): boolean {
    return this.at >= this.text.length
  }

  /** The next line; `closed`: it ended in a separator. */
  next(): { readonly line: string; readonly closed: boolean } {
    const end = this.text.indexOf(this.separator, this.at)
    const line = this.text.slice(this.at, end === -1 ? undefined : end)
    this.at = end === -1 ? this.text.length : end + 1
    return { line, closed: end !== -1 }
  }

  rest(): string {
    return this.text.slice(this.at)
  }
}

export interface SedOptions {
  readonly quiet: boolean
  readonly separator: string
  readonly write: (text: string) => void
}

/** The files that a program writes, with `w`, `W` and the flag of `s`. */
export function filesOf(program: readonly SedCommand[]): readonly string[] {
  return program.flatMap((command) => command.substitution?.file ?? ('wW'.includes(command.name) ? command.text : []))
}

/** Runs a compiled script over inputs. */
export class SedMachine {
  write: (text: string) => void
  quit = false
  exitStatus = 0
  private readonly call: Call
  private readonly program: readonly SedCommand[]
  private readonly options: SedOptions
  private readonly files = new Map<string, string>()
  private readonly readers = new Map<string, SedInput>()
  private inputs: SedInput[] = []
  private current: SedInput | undefined
  private line = 0
  private pattern = ''
  private closed = true
  private hold = ''
  private appended: (() => Promise<void>)[] = []
  private lastExpression: RegExp | undefined

  constructor(call: Call, program: readonly SedCommand[], options: SedOptions) {
    this.call = call
    this.program = program
    this.options = options
    this.write = options.write
    for (const file of filesOf(program)) this.files.set(file, '')
  }

  async run(inputs: readonly SedInput[]): Promise<void> {
    this.inputs = [...inputs]
    this.line = 0
    for (const command of this.program) command.active = false
    while (!this.quit && this.advance()) {
      await this.call.step()
      await this.cycle()
    }
  }

  /** Brings what `w` wrote into its files. */
  async close(): Promise<void> {
    for (const [file, text] of this.files) {
      if (file === '/dev/stdout') this.call.out(text)
      else await this.call.writeFile(file, text)
    }
  }

  private advance(): boolean {
    while (!this.current || this.current.ended) {
      const next = this.inputs.shift()
      if (!next) {
        this.current = undefined
        return false
      }
      this.current = next
    }
    const { line, closed } = this.current.next()
    this.pattern = line
    this.closed = closed
    this.line++
    return true
  }

  private get isLast(): boolean {
    return (!this.current || this.current.ended) && this.inputs.every((input) => input.ended)
  }

  private emit(text: string): void {
    this.write(text + (this.closed || !this.isLast ? this.options.separator : ''))
  }

  private async endCycle(): Promise<void> {
    if (!this.options.quiet) this.emit(this.pattern)
    await this.flushAppended()
  }

  private async flushAppended(): Promise<void> {
    const all = this.appended
    this.appended = []
    for (const each of all) await each()
  }

  private async cycle(): Promise<void> {
    let restart = true
    while (restart) {
      restart = false
      let replaced = false
      for (let at = 0; at < this.program.length; at++) {
        const command = this.program[at]!
        if (!this.selects(command)) {
          if (command.name === '{') at = command.target
          continue
        }
        switch (command.name) {
          case '=':
            this.write(`${this.line}\n`)
            break
          case 'F':
            this.write(`${this.current?.name ?? '-'}\n`)
            break
          case 'a':
            this.appended.push(async () => this.write(command.text))
            break
          case 'i':
            this.write(command.text)
            break
          case 'c':
            if (!command.to || command.negated || !command.active) this.write(command.text)
            return this.flushAppended()
          case 'd':
            return this.flushAppended()
          case 'D':
            if (!this.pattern.includes('\n')) return this.flushAppended()
            this.pattern = this.pattern.slice(this.pattern.indexOf('\n') + 1)
            await this.flushAppended()
            restart = true
            at = this.program.length
            break
          case 'g':
            this.pattern = this.hold
            break
          case 'G':
            this.pattern += `\n${this.hold}`
            break
          case 'h':
            this.hold = this.pattern
            break
          case 'H':
            this.hold += `\n${this.pattern}`
            break
          case 'x':
            ;[this.pattern, this.hold] = [this.hold, this.pattern]
            break
          case 'l':
            this.write(`${unambiguous(this.pattern, command.text === '' ? 70 : Number(command.text))}\n`)
            break
          case 'n':
            if (this.isLast) {
              await this.endCycle()
              this.inputs = []
              this.current = undefined
              return
            }
            await this.endCycle()
            this.advance()
            break
          case 'N': {
            if (this.isLast) {
              // GNU prints the pattern space when there is no next line.
              await this.endCycle()
              return
            }
            await this.flushAppended()
            const before = this.pattern
            this.advance()
            this.pattern = `${before}\n${this.pattern}`
            break
          }
          case 'p':
            this.emit(this.pattern)
            break
          case 'P':
            this.write(this.pattern.split('\n', 1)[0] + this.options.separator)
            break
          case 'q':
            this.quit = true
            this.exitStatus = Number(command.text || 0)
            return this.endCycle()
          case 'Q':
            this.quit = true
            this.exitStatus = Number(command.text || 0)
            return
          case 'r':
            this.appended.push(() => this.appendFile(command.text))
            break
          case 'R':
            this.appended.push(() => this.appendLine(command.text))
            break
          case 'w':
            this.files.set(command.text, `${this.files.get(command.text)}${this.pattern}\n`)
            break
          case 'W':
            this.files.set(command.text, `${this.files.get(command.text)}${this.pattern.split('\n', 1)[0]}\n`)
            break
          case 's':
            if (await this.substitute(command.substitution!)) replaced = true
            break
          case 'y':
            this.pattern = [...this.pattern].map((char) => command.map!.get(char) ?? char).join('')
            break
          case 'z':
            this.pattern = ''
            break
          case 'b':
            at = command.target - 1
            break
          case 't':
            if (replaced) at = command.target - 1
            replaced = false
            break
          case 'T':
            if (!replaced) at = command.target - 1
            replaced = false
            break
        }
        if ('btT'.includes(command.name)) await this.call.step()
      }
    }
    await this.endCycle()
  }

  private async appendFile(file: string): Promise<void> {
    try {
      this.write(await this.call.read(file === '/dev/stdin' ? '-' : file))
    } catch (error) {
      if (codeOf(error) === undefined) throw error
    }
  }

  private async appendLine(file: string): Promise<void> {
    let reader = this.readers.get(file)
    if (!reader) {
      if (!this.call.fs.find(this.call.path(file))) return
      reader = new SedInput(file, await this.call.read(file), '\n')
      this.readers.set(file, reader)
    }
    if (!reader.ended) this.write(`${reader.next().line}\n`)
  }

  private matches(address: Address): boolean {
    switch (address.kind) {
      case 'line':
        return this.line === address.line
      case 'last':
        return this.isLast
      case 'step':
        return address.step === 0
          ? this.line === address.first
          : this.line >= address.first && (this.line - address.first) % address.step === 0
      case 'match':
        return this.test(address.expression)
      default:
        return false
    }
  }

  private test(expression: RegExp | null): boolean {
    const used = this.expression(expression)
    used.lastIndex = 0
    return used.test(this.pattern)
  }

  private expression(given: RegExp | null): RegExp {
    if (given) this.lastExpression = given
    if (!this.lastExpression) throw new CommandFailure('no previous regular expression')
    return this.lastExpression
  }

  private selects(command: SedCommand): boolean {
    const { from, to } = command
    if (!from) return !command.negated
    if (!to) return this.matches(from) !== command.negated
    return this.inRange(command, from, to) !== command.negated
  }

  private inRange(command: SedCommand, from: Address, to: Address): boolean {
    if (command.active) {
      const ends = to.kind === 'match' || to.kind === 'last' ? this.matches(to) : this.line >= command.endLine
      if (ends) command.active = false
      // A line number that was passed already ends the range before this line.
      return !(to.kind === 'line' && this.line > command.endLine)
    }
    const zero = from.kind === 'line' && from.line === 0
    if (zero && this.line === 1 && to.kind === 'match') {
      if (!this.matches(to)) command.active = true
      return true
    }
    if (!this.matches(from)) return false
    if (to.kind === 'line') command.endLine = to.line
    else if (to.kind === 'count') command.endLine = this.line + to.lines
    else if (to.kind === 'multiple') command.endLine = to.of === 0 ? this.line : Math.ceil(this.line / to.of) * to.of
    command.active = to.kind === 'match' || (to.kind === 'last' ? !this.isLast : command.endLine > this.line)
    return true
  }

  private async substitute(command: Substitution): Promise<boolean> {
    const expression = this.expression(command.expression)
    let count = 0
    let changed = false
    let result = ''
    let from = 0
    /** Where the last match that was not empty ended: an empty one there is part of it. */
    let lastEnd = -1
    expression.lastIndex = 0
    for (let match = expression.exec(this.pattern); match; match = expression.exec(this.pattern)) {
      const empty = match[0] === ''
      if (!(empty && match.index === lastEnd)) {
        count++
        if (count === command.nth || (command.global && count > command.nth)) {
          result += this.pattern.slice(from, match.index) + replacement(command.replacement, match)
          from = match.index + match[0].length
          changed = true
          if (!command.global) break
        }
      }
      if (empty) expression.lastIndex++
      else lastEnd = match.index + match[0].length
    }
    if (!changed) return false
    this.pattern = result + this.pattern.slice(from)
    if (command.evaluate) throw new NotSimulated('the e flag is not simulated')
    for (let times = 0; times < command.print; times++) this.emit(this.pattern)
    if (command.file !== undefined) this.files.set(command.file, `${this.files.get(command.file)}${this.pattern}\n`)
    return true
  }
}

function replacement(parts: readonly ReplacementPart[], match: RegExpExecArray): string {
  let text = ''
  let mode: 'U' | 'L' | '' = ''
  let once: 'u' | 'l' | '' = ''
  const add = (piece: string) => {
    if (piece === '') return
    let shown = mode === 'U' ? piece.toUpperCase() : mode === 'L' ? piece.toLowerCase() : piece
    if (once !== '') shown = (once === 'u' ? shown[0]!.toUpperCase() : shown[0]!.toLowerCase()) + shown.slice(1)
    once = ''
    text += shown
  }
  for (const part of parts) {
    if ('text' in part) add(part.text)
    else if ('group' in part) add(match[part.group] ?? '')
    else if (part.convert === 'E') mode = ''
    else if (part.convert === 'U' || part.convert === 'L') mode = part.convert
    else once = part.convert
  }
  return text
}

/** As the `l` command shows a line. */
function unambiguous(text: string, width: number): string {
  const shown = [...text].map((char) => {
    const known = { '\\': '\\\\', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' }[char]
    if (known) return known
    return /[\x00-\x1f\x7f-\xff]/.test(char) ? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}` : char
  })
  if (width <= 1) return `${shown.join('')}$`
  let result = ''
  let column = 0
  for (const piece of shown) {
    if (column + piece.length > width - 1) {
      result += '\\\n'
      column = 0
    }
    result += piece
    column += piece.length
  }
  return `${result}$`
}
