import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash'
import { ExecutorUnavailableError } from '../../errors.js'
import { withParser } from '../just-bash/browser.js'

/**
 * The one door to `just-bash`: its parser gives the syntax tree that this folder runs. It is an optional peer, loaded on first
 * use.
 */

export type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode }
export type WordPart = WordNode['parts'][number]
export type Part<T extends WordPart['type']> = Extract<WordPart, { type: T }>
export type Command<T extends CommandNode['type']> = Extract<CommandNode, { type: T }>
export type ParameterOperation = NonNullable<Part<'ParameterExpansion'>['operation']>
export type Redirection = SimpleCommandNode['redirections'][number]
export type Assignment = SimpleCommandNode['assignments'][number]
export type Condition = Command<'ConditionalCommand'>['expression']
export type ArithmeticText = Part<'ArithmeticExpansion'>['expression']

export type JustBash = typeof import('just-bash')

let loaded: Promise<JustBash> | undefined

/** @throws ExecutorUnavailableError where the package is not installed. */
export function loadJustBash(): Promise<JustBash> {
  loaded ??= import('just-bash')
    .catch((cause: unknown) => {
      loaded = undefined
      throw new ExecutorUnavailableError('the simulated shell needs the package just-bash: npm install just-bash', { cause })
    })
    .then(withParser)
  return loaded
}

/** A script that does not parse; the shell reports it and gives 2. */
export class SyntaxFault extends Error {
  readonly line: number
  readonly status: number
  constructor(message: string, line: number, status = 2) {
    super(message)
    this.line = line
    this.status = status
  }
}

interface ParseFailure {
  readonly line?: number
  readonly column?: number
  readonly message: string
}

/** Parses scripts, and keeps what it parsed: loops over `eval` and scripts called many times cost one parse. */
export class Parser {
  private readonly library: JustBash
  private readonly known = new Map<string, ScriptNode | SyntaxFault>()

  constructor(library: JustBash) {
    this.library = library
  }

  static async load(): Promise<Parser> {
    return new Parser(await loadJustBash())
  }

  /** @throws SyntaxFault */
  parse(source: string): ScriptNode {
    let result = this.known.get(source)
    if (!result) {
      result = this.attempt(source)
      if (this.known.size > 200) this.known.clear()
      this.known.set(source, result)
    }
    if (result instanceof SyntaxFault) throw result
    return result
  }

  private attempt(source: string): ScriptNode | SyntaxFault {
    try {
      const script = this.library.parse(source)
      const hole = findHole(script)
      return hole ? new SyntaxFault('syntax error: unexpected end of file', hole.line ?? 1) : script
    } catch (error) {
      const failure = error as ParseFailure
      const line = failure.line ?? 1
      // bash gives 1, not 2, for a bad substitution and inside an array's parentheses.
      const before = (source.split('\n')[line - 1] ?? '').slice(0, failure.column)
      const mild = failure.message.includes('bad substitution') || /[A-Za-z0-9_]\+?=\([^()]*$/.test(before)
      return new SyntaxFault(failure.message.replace(/^(?:Parse error at [0-9:]+: |line [0-9]+: )/, ''), line, mild ? 1 : 2)
    }
  }

  /**
   * A script in the pieces that a shell reads one after the other: all of it where it parses; else the lines before the fault, so
   * that they run before the fault is reported, and the rest as text.
   */
  pieces(
    source: string,
    extglob: boolean,
  ): { readonly script: ScriptNode | undefined; readonly rest: string; readonly fault: SyntaxFault | undefined } {
    try {
      return { script: this.parse(extglob ? joinNegations(source) : source), rest: '', fault: undefined }
    } catch (fault) {
      if (!(fault instanceof SyntaxFault)) throw fault
      const lines = source.split('\n')
      for (let count = Math.min(fault.line, lines.length) - 1; count > 0; count--) {
        const head = lines.slice(0, count).join('\n')
        try {
          return { script: this.parse(extglob ? joinNegations(head) : head), rest: lines.slice(count).join('\n'), fault }
        } catch (inner) {
          if (!(inner instanceof SyntaxFault)) throw inner
        }
      }
      return { script: undefined, rest: source, fault }
    }
  }
}

/**
 * The parser reads `!(a|b)` in the middle of a word only; at its start, an empty pair of quotes makes it one. Under extglob only,
 * and not where a command may begin: there `!` negates.
 */
function joinNegations(source: string): string {
  return source.replace(/(?<=[^;&|\s({][ \t]+)!\(/g, "''!(")
}

/** `a |` and `a &&` at the end of the text come back with an empty command: to a shell they are errors. */
function findHole(script: ScriptNode): CommandNode | undefined {
  for (const statement of script.statements) {
    for (const pipeline of statement.pipelines) {
      for (const command of pipeline.commands) {
        if (command.type !== 'SimpleCommand' || pipeline.timed || pipeline.negated) continue
        if (!command.name && command.assignments.length === 0 && command.redirections.length === 0) return command
      }
    }
  }
  return undefined
}
