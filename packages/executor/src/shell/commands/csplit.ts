import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { splitLines } from '../text/lines.js'
import { posixRegExp } from '../text/posix-regexp.js'
import type { Command } from './types.js'

interface Pattern {
  readonly text: string
  readonly line: number | undefined
  readonly expression: RegExp | undefined
  readonly offset: number
  /** `%…%`: what comes before it is left out. */
  readonly skips: boolean
  repeats: number
}

/** Splits a file at line numbers and at lines that match. */
export const csplit: Command = async (call) => {
  const options = parseOptions(call, 'b:f:kn:sqz', {
    'suffix-format': 'b:',
    prefix: 'f:',
    'keep-files': 'k',
    'suppress-matched': 'matched',
    digits: 'n:',
    quiet: 's',
    silent: 's',
    'elide-empty-files': 'z',
  })
  const [file, ...specs] = options.operands
  if (file === undefined || specs.length === 0)
    throw new CommandFailure(file === undefined ? 'missing operand' : `missing operand after '${file}'`)
  const patterns = readPatterns(specs)
  const text = await call.tryRead(file)
  if (text === undefined) return 1
  const lines = splitLines(text)
  const closed = text.endsWith('\n')
  const written: string[] = []
  const format = options.value('b')
  if (format !== undefined && !/^[^%]*%0?[0-9]*[du][^%]*$/.test(format))
    throw new NotSimulated(`the suffix format ${format} is not simulated`)
  const nameOf = (number: number) => {
    const suffix =
      format === undefined
        ? String(number).padStart(Number(options.value('n') ?? 2), '0')
        : format.replace(/%(0?)([0-9]*)[du]/, (_, zero: string, width: string) => String(number).padStart(Number(width || 0), zero || ' '))
    return `${options.value('f') ?? 'xx'}${suffix}`
  }
  const write = async (from: number, to: number) => {
    const piece = lines.slice(from, to).map((line, at) => (from + at === lines.length - 1 && !closed ? line : `${line}\n`))
    const name = nameOf(written.length)
    if (piece.length === 0 && options.has('z')) {
      // The file is made before it is known to stay empty, and goes again.
      removeQuietly(call, name)
      return
    }
    await call.writeOr(name, piece.join(''), (reason) => new CommandFailure(`${name}: ${reason}`))
    written.push(name)
    if (!options.has('s', 'q')) call.out(`${piece.join('').length}\n`)
  }
  try {
    const from = await splitAll(patterns, lines, write, options.has('matched'))
    await write(from, lines.length)
  } catch (error) {
    if (error instanceof CommandFailure && !options.has('k')) for (const name of written) removeQuietly(call, name)
    throw error
  }
}

function removeQuietly(call: Call, name: string): void {
  if (call.fs.find(call.path(name))) call.fs.unlink(call.path(name))
}

async function splitAll(
  patterns: readonly Pattern[],
  lines: readonly string[],
  write: (from: number, to: number) => Promise<void>,
  suppress: boolean,
): Promise<number> {
  let from = 0
  for (const pattern of patterns) {
    for (let round = 0; round <= pattern.repeats; round++) {
      const to = place(pattern, lines, from, round)
      if (to === undefined) {
        if (pattern.repeats === Infinity) break
        await write(from, lines.length)
        const on = round > 0 ? ` on repetition ${round}` : ''
        throw new CommandFailure(
          pattern.line === undefined ? `'${pattern.text}': match not found${on}` : `'${pattern.text}': line number out of range${on}`,
        )
      }
      if (!pattern.skips) await write(from, to)
      from = suppress && to < lines.length ? to + 1 : to
    }
  }
  return from
}

/** The line, from 0, in front of which a pattern splits. */
function place(pattern: Pattern, lines: readonly string[], from: number, round: number): number | undefined {
  if (pattern.line !== undefined) {
    const to = pattern.line * (round + 1) - 1
    return to > lines.length || (to === lines.length && round > 0) ? undefined : Math.max(to, from)
  }
  // A line that was split at is not found again.
  for (let at = from === 0 && round === 0 ? 0 : from + 1; at < lines.length; at++) {
    if (pattern.expression!.test(lines[at]!)) return Math.min(Math.max(at + pattern.offset, from), lines.length)
  }
  return undefined
}

function readPatterns(specs: readonly string[]): Pattern[] {
  const patterns: Pattern[] = []
  for (const spec of specs) {
    const repeat = /^\{([0-9]+|\*)\}$/.exec(spec)
    const last = patterns[patterns.length - 1]
    if (repeat && last) {
      last.repeats = repeat[1] === '*' ? Infinity : Number(repeat[1])
      continue
    }
    const match = /^([/%])([\s\S]*)\1([-+]?[0-9]+)?$/.exec(spec)
    if (match) {
      const expression = posixRegExp(match[2]!, { syntax: 'basic' })
      if (!expression) throw new CommandFailure(`${spec}: invalid regular expression`)
      patterns.push({ text: spec, line: undefined, expression, offset: Number(match[3] ?? 0), skips: match[1] === '%', repeats: 0 })
    } else if (/^[0-9]+$/.test(spec)) {
      if (Number(spec) === 0) throw new CommandFailure(`${spec}: line number must be greater than zero`)
      patterns.push({ text: spec, line: Number(spec), expression: undefined, offset: 0, skips: false, repeats: 0 })
    } else throw new CommandFailure(`'${spec}': invalid pattern`)
  }
  return patterns
}
