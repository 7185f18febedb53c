import { SimulationUnsupportedError } from '../../errors.js'
import { refuse } from '../system/process.js'
import type { Shell } from './shell.js'
import type { CommandNode, PipelineNode, Redirection, StatementNode } from './syntax.js'

/**
 * `a &> f` is `a &` and `> f` to dash: all that stands in front of it, as far as the last `;` or line's end, goes on beside the shell, and the file is
 * made empty.
 * @returns the two statements; undefined where there is nothing of the kind
 */
export function splitAtAmpersand(statement: StatementNode): readonly [StatementNode, StatementNode] | undefined {
  // Nearly never, and asked of every statement that runs.
  if (!statement.pipelines.some(({ commands }) => commands.some((command) => redirectionsOf(command).some(isBoth)))) return undefined
  for (const [at, pipeline] of statement.pipelines.entries()) {
    for (const [place, command] of pipeline.commands.entries()) {
      const redirections = redirectionsOf(command)
      const both = redirections.findIndex(isBoth)
      if (both < 0) continue
      const first = { ...command, redirections: redirections.slice(0, both) } as CommandNode
      const emptied: CommandNode = {
        type: 'SimpleCommand',
        assignments: [],
        name: null,
        args: [],
        redirections: redirections
          .slice(both)
          .map((each, i) => (i === 0 ? { ...each, operator: each.operator === '&>>' ? ('>>' as const) : ('>' as const) } : each)),
      }
      const before: PipelineNode = { ...pipeline, commands: [...pipeline.commands.slice(0, place), first] }
      const behind: PipelineNode = { type: 'Pipeline', negated: false, commands: [emptied, ...pipeline.commands.slice(place + 1)] }
      return [
        {
          ...statement,
          pipelines: [...statement.pipelines.slice(0, at), before],
          operators: statement.operators.slice(0, at),
          background: true,
        },
        { ...statement, pipelines: [behind, ...statement.pipelines.slice(at + 1)], operators: statement.operators.slice(at) },
      ]
    }
  }
  return undefined
}

const isBoth = ({ operator }: Redirection): boolean => operator === '&>' || operator === '&>>'

function redirectionsOf(command: CommandNode): readonly Redirection[] {
  return 'redirections' in command ? command.redirections : []
}

/**
 * Words behind `&> f` are a command of their own to dash. The tree does not tell them from those in front. Here-documents are not looked into.
 * @throws SimulationUnsupportedError
 */
export function refuseWordsBehind(shell: Shell, source: string): void {
  if (shell.dialect !== 'dash' || !source.includes('&>') || source.includes('<<')) return
  const bare = source.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, 'Q')
  const found = /&>>?[ \t]*[^\s;&|<>()]+[ \t]+(?![0-9]*[<>])[^\s;&|<>()#}]/.exec(bare)
  if (found)
    refuse(
      shell,
      new SimulationUnsupportedError(
        '&> FILE WORD',
        'dash ends a command at the "&", and takes the words behind the file for another',
        shell.line,
      ),
    )
}
