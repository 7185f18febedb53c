import type { CommandNode, WordNode } from './syntax.js'

/** The literal text of a word, where it has no expansions. */
export function literalText(word: WordNode): string | undefined {
  let text = ''
  for (const part of word.parts) {
    if (part.type === 'Literal' || part.type === 'SingleQuoted' || part.type === 'Escaped') text += part.value
    else if (part.type === 'Glob') text += part.pattern
    else if (part.type === 'DoubleQuoted' && part.parts.every((each) => each.type === 'Literal')) {
      for (const each of part.parts) if (each.type === 'Literal') text += each.value
    } else return undefined
  }
  return text
}

/** The text of a word that is nothing but text: it expands to itself. */
export function plainText({ parts }: WordNode): string | undefined {
  const [only] = parts
  return parts.length === 1 && only?.type === 'Literal' ? only.value : undefined
}

/** How a message names a command. */
export function describeCommand(command: CommandNode): string {
  if (command.type !== 'SimpleCommand') return command.type
  return [command.name, ...command.args].map((word) => (word ? (literalText(word) ?? '…') : '')).join(' ')
}
