import type { RunInstruction } from '../../instructions/types.js'

/** One simple command of a RUN: its words as far as they can be told apart without a shell. */
export type Words = readonly string[]

/** Splits at `&&`, `||`, `;`, `|` and newlines, and words at blanks; quotes hold words together and are dropped. Good enough to recognise commands, no shell. */
export function commandsOf({ form, args, heredocs }: RunInstruction): Words[] {
  if (form === 'exec') return args.length === 0 ? [] : [args]
  const text = heredocs.length > 0 ? heredocs.map(({ data }) => data).join('\n') : (args[0] ?? '')
  const commands: Words[] = []
  let words: string[] = []
  let word = ''
  let quote = ''
  let started = false
  const endWord = () => {
    if (started) words.push(word)
    word = ''
    started = false
  }
  const endCommand = () => {
    endWord()
    if (words.length > 0) commands.push(words)
    words = []
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (quote !== '') {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      started = true
    } else if (';&|\n()'.includes(char)) endCommand()
    else if (/\s/.test(char)) endWord()
    else {
      word += char
      started = true
    }
  }
  endCommand()
  return commands
}
