import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { patternRegExp, posixClass } from '../language/pattern.js'
import { basename } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { splitLines, splitRecords } from '../text/lines.js'
import { posixRegExp } from '../text/posix-regexp.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

const long = {
  'extended-regexp': 'E', 'fixed-strings': 'F', 'basic-regexp': 'G', 'perl-regexp': 'P', regexp: 'e:', file: 'f:', 'ignore-case': 'i', 'no-ignore-case': 'nocase', 'word-regexp': 'w',
  'line-regexp': 'x', 'no-messages': 's', 'invert-match': 'v', count: 'c', 'files-with-matches': 'l', 'files-without-match': 'L', 'line-number': 'n', 'only-matching': 'o',
  quiet: 'q', silent: 'q', recursive: 'r', 'dereference-recursive': 'R', include: 'include:', exclude: 'exclude:', 'exclude-dir': 'xdir:', 'with-filename': 'H', 'no-filename': 'h',
  'max-count': 'm:', 'after-context': 'A:', 'before-context': 'B:', context: 'C:', color: 'color::', colour: 'color::', text: 'a', 'null-data': 'z', null: 'Z', 'byte-offset': 'b',
  'binary-files': 'binary:', 'line-buffered': 'lb', 'no-group-separator': 'nosep', 'initial-tab': 'T', label: 'label:',
} // biome-ignore format: a table

export const grep: Command = async (call) => {
  // `-5` is short for `-C 5`.
  const args = call.args.flatMap((arg) => (/^-[0-9]+$/.test(arg) ? ['-C', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'EFGPe:f:iywxsvclLnoqrRHhm:A:B:C:azZbUTIuD:d:', long, 2)
  if (options.value('color') === 'always') throw new NotSimulated('coloured output is not simulated')
  const operands = [...options.operands]
  const search = await compile(call, options, operands)
  const state = { found: false, failed: false }
  const recursive = options.has('r', 'R')
  const files = operands.length > 0 ? operands : recursive ? ['.'] : ['-']
  const named = options.has('H') || (!options.has('h') && (files.length > 1 || recursive))
  const complain = (message: string) => {
    state.failed = true
    if (!options.has('s')) call.err(message)
  }
  for (const file of files) {
    if (state.found && options.has('q')) break
    if (recursive && file !== '-') await searchTree(file)
    else await searchFile(file, file)
  }
  if (state.found && options.has('q')) return 0
  return state.failed ? 2 : state.found ? 0 : 1

  async function searchTree(root: string): Promise<void> {
    const matches = (patterns: string[], name: string) => patterns.some((pattern) => patternRegExp(pattern).test(name))
    await walk(
      call,
      root,
      async (path, stat, depth) => {
        if (stat.type === 'dir') return depth === 0 || !matches(options.values('xdir'), basename(path))
        if (stat.type === 'symlink' && depth > 0) return
        if (options.has('include') && !matches(options.values('include'), basename(path))) return
        if (matches(options.values('exclude'), basename(path))) return
        await searchFile(path, operands.length === 0 ? path.replace(/^\.\//, '') : path)
      },
      (path, error) => complain(`${path}: ${strerror(error)}`),
      { followRoot: true, followAll: options.has('R') },
    )
  }

  async function searchFile(file: string, shown: string): Promise<void> {
    await call.step()
    let text: string
    try {
      text = await call.read(file)
    } catch (error) {
      const reason = strerror(error)
      // GNU says it of a directory, and goes on as if it were empty.
      complain(`${shown}: ${reason}`)
      return
    }
    const label = file === '-' ? (options.value('label') ?? '(standard input)') : shown
    if (new FileSearch(call, options, search, label, named).run(text)) state.found = true
  }
}

async function compile(call: Call, options: Parsed, operands: string[]): Promise<RegExp> {
  const patterns = options.values('e').flatMap((each) => each.split('\n'))
  for (const file of options.values('f')) {
    const text = await call.tryRead(file, 2)
    if (text === undefined) throw new CommandFailure('', 2)
    patterns.push(...splitLines(text))
  }
  if (!options.has('e', 'f')) {
    const pattern = operands.shift()
    if (pattern === undefined)
      throw new CommandFailure("usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.", 2)
    patterns.push(...pattern.split('\n'))
  }
  const kind =
    [...options.given].reverse().find(({ name }) => 'EFGP'.includes(name))?.name ??
    (call.name === 'egrep' ? 'E' : call.name === 'fgrep' ? 'F' : 'G')
  const ignoreCase = options.has('i', 'y')
  const within = options.has('x') ? 'line' : options.has('w') ? 'word' : undefined
  const syntax = kind === 'F' ? 'fixed' : kind === 'E' ? 'extended' : 'basic'
  const expression =
    kind === 'P'
      ? perlRegExp(patterns, ignoreCase, within)
      : posixRegExp(syntax === 'extended' ? patterns.map(withoutLeadingSigns) : patterns, {
          syntax,
          ignoreCase,
          global: true,
          ...(within ? { within } : {}),
        })
  if (!expression) throw new CommandFailure('Invalid regular expression', 2)
  return expression
}

/** GNU warns of a `*` with nothing before it, and goes on without it. */
const withoutLeadingSigns = (pattern: string): string => pattern.replace(/^[*+?]+/, '')

/** Perl's syntax as far as JavaScript has it; undefined where it does not. */
function perlRegExp(patterns: readonly string[], ignoreCase: boolean, within: 'line' | 'word' | undefined): RegExp | undefined {
  const folded = ignoreCase || patterns.some((pattern) => pattern.includes('(?i)'))
  const sources = patterns.map((pattern) => {
    const plain = pattern
      .replace(/\\h/g, '[ \\t]')
      .replace(/\(\?i\)/g, '')
      .replace(/\\A/g, '^')
      .replace(/\\[zZ]/g, '$')
      .replace(/\[\[:([a-z]+):\]\]/g, (whole, name) => (posixClass(name) === undefined ? whole : `[${posixClass(name)}]`))
      .replace(/\(\?P</g, '(?<')
    const [before, ...rest] = plain.split('\\K')
    return rest.length > 0 ? `(?<=${before})${rest.join('')}` : plain
  })
  const joined = sources.map((source) => `(?:${source})`).join('|')
  const bounded = within === 'line' ? `^(?:${joined})$` : within === 'word' ? `(?<![A-Za-z0-9_])(?:${joined})(?![A-Za-z0-9_])` : joined
  try {
    return new RegExp(bounded, folded ? 'gi' : 'g')
  } catch {
    return undefined
  }
}

/** The search of one file and what it prints. */
class FileSearch {
  private readonly call: Call
  private readonly options: Parsed
  private readonly expression: RegExp
  private readonly prefix: string
  private readonly label: string

  constructor(call: Call, options: Parsed, expression: RegExp, label: string, named: boolean) {
    this.call = call
    this.options = options
    this.expression = expression
    this.label = label
    this.prefix = named ? label : ''
  }

  /** @returns whether the file counts as matched */
  run(text: string): boolean {
    const { call, options, expression } = this
    const zero = options.has('z')
    const lines = zero ? splitRecords(text, '\0') : splitLines(text)
    const most = options.has('m') ? Number(options.value('m')) : Infinity
    const quiet = options.has('q', 'l', 'L', 'c')
    const binary = !options.has('a') && !zero && text.slice(0, 32768).includes('\0') && options.value('binary') !== 'text'
    if (binary && options.has('I')) return false
    let count = 0
    let offset = 0
    const before = Number(options.value('B') ?? options.value('C') ?? 0)
    const after = Number(options.value('A') ?? options.value('C') ?? 0)
    const context = options.has('A', 'B', 'C')
    let shownTo = -1
    let trailing = 0
    for (let at = 0; at < lines.length && count < most; at++) {
      const line = lines[at]!
      expression.lastIndex = 0
      const matched = expression.test(line) !== options.has('v')
      if (matched) {
        count++
        if (quiet && !options.has('c')) break
        if (!quiet) {
          if (binary) {
            call.out(`${call.name}: ${this.label}: binary file matches\n`)
            return true
          }
          if (context && !options.has('o')) {
            const from = Math.max(shownTo + 1, at - before)
            if (shownTo >= 0 && from > shownTo + 1 && !options.has('nosep')) call.out('--\n')
            for (let each = from; each < at; each++) this.print(lines[each]!, each, '-', 0)
          }
          if (options.has('o')) this.printMatches(line, at, offset)
          else this.print(line, at, ':', offset)
          shownTo = at
          trailing = after
        }
      } else if (trailing > 0 && !quiet) {
        this.print(line, at, '-', offset)
        shownTo = at
        trailing--
      }
      offset += line.length + 1
    }
    if (!quiet && count >= most && trailing > 0)
      for (let at = shownTo + 1; at < lines.length && trailing-- > 0; at++) this.print(lines[at]!, at, '-', 0)
    const end = options.has('Z') ? '\0' : '\n'
    if (options.has('c') && !options.has('q', 'l', 'L'))
      call.out(`${this.prefix ? `${this.prefix}${options.has('Z') ? '\0' : ':'}` : ''}${count}\n`)
    if (options.has('q')) return count > 0
    if (options.has('l') && count > 0) call.out(this.label + end)
    if (options.has('L')) {
      if (count === 0) call.out(this.label + end)
      return count === 0
    }
    return count > 0
  }

  private head(at: number, separator: string, offset: number): string {
    const { options } = this
    let text = this.prefix === '' ? '' : this.prefix + (options.has('Z') ? '\0' : separator)
    if (options.has('n')) text += `${at + 1}${separator}`
    if (options.has('b')) text += `${offset}${separator}`
    return text
  }

  private print(line: string, at: number, separator: string, offset: number): void {
    this.call.out(`${this.head(at, separator, offset)}${line}${this.options.has('z') ? '\0' : '\n'}`)
  }

  private printMatches(line: string, at: number, offset: number): void {
    if (this.options.has('v')) return
    this.expression.lastIndex = 0
    for (const match of line.matchAll(this.expression)) {
      if (match[0] !== '') this.print(match[0], at, ':', offset + match.index)
    }
  }
}
