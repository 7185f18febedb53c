import { SimulationUnsupportedError } from '../../errors.js'
import { refuse } from '../system/process.js'
import type { Dialect, Shell } from './shell.js'
import { FatalFault } from './signals.js'
import type { ParameterOperation, StatementNode } from './syntax.js'

/**
 * The parser reads bash. What dash and busybox's ash do not know would run here and fail in the container, so it is found in the tree:
 * before a statement runs, where it is an error of syntax there; when it is expanded, where it is a bad substitution.
 */

interface Node {
  readonly type?: string
}

/** What the shell would complain of in a statement; undefined where it reads it. */
function foreignSyntax(node: Node, dialect: Dialect, keywords: ReadonlySet<string>): string | undefined {
  const found = foreignNode(node, dialect, keywords)
  if (found) return found
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each !== 'object' || each === null) continue
      const inner = foreignSyntax(each as Node, dialect, keywords)
      if (inner) return inner
    }
  }
  return undefined
}

function foreignNode(node: Node, dialect: Dialect, keywords: ReadonlySet<string>): string | undefined {
  const it = node as Record<string, unknown>
  switch (node.type) {
    case 'Assignment':
      return it.array ? '"(" unexpected' : undefined
    case 'Redirection':
      return it.operator === '<<<' ? 'redirection unexpected' : dialect === 'dash' && isBadNumber(it) ? 'Bad fd number' : undefined
    case 'CStyleFor':
      return 'Bad for loop variable'
    case 'Pipeline':
      return Array.isArray(it.pipeStderr) && it.pipeStderr.includes(true) ? '"&" unexpected' : undefined
    case 'ProcessSubstitution':
      return dialect === 'dash' ? '"(" unexpected' : undefined
    case 'CaseItem':
      return it.terminator === ';;' ? undefined : `"${it.terminator === ';&' ? '&' : ';&'}" unexpected`
    case 'FunctionDef':
      return dialect === 'dash' && keywords.has(String(it.name)) ? '"}" unexpected' : undefined
    default:
      return undefined
  }
}

/** `>& file`: behind it dash reads a number, a dash or what only expansion tells. */
function isBadNumber({ operator, target }: Record<string, unknown>): boolean {
  const parts = (target as { readonly parts?: readonly { readonly type: string; readonly value?: string }[] }).parts
  const text = parts?.every(({ type }) => type === 'Literal') ? parts.map(({ value }) => value).join('') : undefined
  return operator === '>&' && text !== undefined && !/^(?:[0-9]|-)$/.test(text)
}

/** Names of functions that a text defines with the word `function`, which the tree does not tell. */
export function functionKeywords(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(/(?:^|[\s;&|({])function[ \t]+([^\s(){};]+)/g)].map(([, name]) => name!))
}

/**
 * `$'…'` and `$"…"` are a dollar and a quote to dash; the tree does not tell them apart. Here-documents are not looked into.
 * @throws SimulationUnsupportedError
 */
export function refuseDollarQuotes(shell: Shell, source: string): void {
  if (shell.dialect !== 'dash' || source.includes('<<')) return
  const bare = source.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, (quoted, at: number) =>
    source[at - 1] === '$' && quoted[0] !== '\\' ? '\0' : '',
  )
  if (bare.includes('$\0'))
    refuse(shell, new SimulationUnsupportedError(`$'…'`, 'dash takes this dollar for itself, and not for a way of quoting', shell.line))
}

/** Statements in the groups that a shell reads before it runs any of them: those that begin on one line. */
export function byLine(statements: readonly StatementNode[]): StatementNode[][] {
  const groups: StatementNode[][] = []
  let line: number | undefined
  for (const statement of statements) {
    const command = statement.pipelines[0]?.commands[0]
    const begins = command && 'line' in command ? command.line : undefined
    const last = groups[groups.length - 1]
    if (last && (begins === undefined || begins === line)) last.push(statement)
    else groups.push([statement])
    line = begins ?? line
  }
  return groups
}

/** @throws FatalFault where this shell cannot read one of the statements */
export function requireKnown(shell: Shell, statements: readonly StatementNode[], keywords: ReadonlySet<string>): void {
  for (const statement of statements) {
    const fault = foreignSyntax(statement, shell.dialect, keywords)
    if (fault) throw new FatalFault(`Syntax error: ${fault}`, 2)
  }
}

const bashOperations = new Set(['CaseModification', 'Transform', 'Indirection', 'ArrayKeys', 'VarNamePrefix'])
const ashOperations = new Set(['PatternReplacement', 'Substring'])

/** @throws FatalFault for `${x//a/b}`, `${x^^}`, `${!x}`, `${a[0]}` where the shell has them not */
export function requireOperation(shell: Shell, parameter: string, operation: ParameterOperation | null): void {
  if (shell.dialect === 'bash') return
  const foreign =
    operation !== null && (bashOperations.has(operation.type) || (shell.dialect === 'dash' && ashOperations.has(operation.type)))
  if (foreign || parameter.includes('[')) throw new FatalFault('Bad substitution', 2)
}

/** `((…))` is two subshells around a command to the POSIX shells: its first word is looked for as a program. */
export async function runDoubleParentheses(shell: Shell, text: string): Promise<void> {
  const plain = /^\s*([^\s;&|<>()$`'"]+)\s*$/.exec(text) ?? /^\s*([^\s;&|<>()$`'"]+)\s+[^;&|<>()`]*$/.exec(text)
  if (!plain)
    refuse(
      shell,
      new SimulationUnsupportedError(`((${text}))`, `${shell.dialect} takes it for two subshells, not for arithmetic`, shell.line),
    )
  await shell.complain(`${plain[1]}: not found`)
  shell.status = 127
}
