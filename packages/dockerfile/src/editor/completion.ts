import { knownFlags } from '../instructions/known-flags.js'
import { instructionNames } from '../parse/arguments.js'
import type { Completion, EditorInstruction, EditorPosition, EditorRange } from './types.js'

const mountTypes = ['bind', 'cache', 'secret', 'ssh', 'tmpfs']

/** What completion looks at: the text of the line up to the position, and what is known around it. */
export interface CompletionContext {
  readonly position: EditorPosition
  /** The line up to the position. */
  readonly before: string
  /** The instruction that the position is in, if its keyword is complete. */
  readonly instruction: EditorInstruction | undefined
  readonly variables: readonly string[]
  /** Names of the stages above. */
  readonly stages: readonly string[]
}

/** The completions at a position: variables behind `$`, flags behind `--`, stages where one can be named, instructions at a line's start. */
export function completionsFor(context: CompletionContext): Completion[] {
  const { before, instruction } = context
  const variable = /\$\{?([A-Za-z0-9_]*)$/.exec(before)
  if (variable) return offer(context, 'variable', context.variables, variable[1]!)
  if (!instruction || (instruction.keywordRange.end.line === context.position.line && isInKeyword(context, instruction))) {
    const word = /^\s*([A-Za-z]*)$/.exec(before)?.[1]
    if (word === undefined) return []
    const lower = word !== '' && word === word.toLowerCase()
    return offer(context, 'instruction', lower ? instructionNames.map((name) => name.toLowerCase()) : instructionNames, word)
  }
  const flags = knownFlags.get(instruction.keyword.toLowerCase())
  const word = /(?:^|\s)(\S*)$/.exec(before)?.[1] ?? ''
  if (flags && /^--?[a-z-]*$/.test(word))
    return offer(
      context,
      'flag',
      [...flags].map(([name, kind]) => `--${name}${kind === 'boolean' ? '' : '='}`),
      word,
    )
  const from = /^--from=(\S*)$/.exec(word) ?? /^--mount=(?:.*,)?from=([^,]*)$/.exec(word)
  if (from) return offer(context, 'stage', context.stages, from[1]!)
  const type = /^--mount=(?:.*,)?type=([^,]*)$/.exec(word)
  if (type) return offer(context, 'mount-type', mountTypes, type[1]!)
  if (instruction.keyword === 'FROM' && instruction.arguments.length <= 1) return offer(context, 'stage', context.stages, word)
  return []
}

function isInKeyword({ position }: CompletionContext, { keywordRange }: EditorInstruction): boolean {
  return position.line === keywordRange.start.line && position.character <= keywordRange.end.character
}

function offer({ position }: CompletionContext, kind: Completion['kind'], options: readonly string[], typed: string): Completion[] {
  const range: EditorRange = { start: { line: position.line, character: position.character - typed.length }, end: position }
  const wanted = typed.toLowerCase()
  // prefix-ok: what was typed of a word
  return options.filter((option) => option.toLowerCase().slice(0, typed.length) === wanted).map((text) => ({ kind, text, range }))
}
