import { braceWords, plainBraces } from './braces.js'
import { type Field, FieldBuilder } from './fields.js'
import { expandGlob } from './glob.js'
import { addParameter } from './parameter.js'
import { escapeRegExp, hasGlob } from './pattern.js'
import type { Shell } from './shell.js'
import { FatalFault } from './signals.js'
import { substituteCommand, substituteProcess } from './substitute.js'
import type { WordNode, WordPart } from './syntax.js'
import { plainText } from './words.js'

/** Adds the expansion of some parts. `splitLiterals`: unquoted text inside `${x:-a b}` splits as well. */
export async function addParts(
  shell: Shell,
  parts: readonly WordPart[],
  quoted: boolean,
  into: FieldBuilder,
  splitLiterals = false,
): Promise<void> {
  for (const part of parts) {
    switch (part.type) {
      case 'Literal':
        if (quoted) into.quoted(part.value)
        else if (splitLiterals) into.split(part.value)
        else into.literal(part.value, false)
        break
      case 'Glob':
        if (quoted) into.quoted(part.pattern)
        else into.literal(part.pattern, true)
        break
      case 'SingleQuoted':
      case 'Escaped':
        into.quoted(part.value)
        break
      case 'DoubleQuoted':
        // "" is a word; "$@" with nothing in it is none.
        if (part.parts.length === 0) into.quoted('')
        else if (!part.parts.every(isList)) into.quoted('')
        await addParts(shell, part.parts, true, into)
        break
      case 'ParameterExpansion':
        await addParameter(shell, part, quoted, into)
        break
      case 'CommandSubstitution': {
        const text = await substituteCommand(shell, part.body)
        if (quoted) into.quoted(text)
        else into.split(text)
        break
      }
      case 'ArithmeticExpansion': {
        const text = String(shell.arithmetic(await expandArithmetic(shell, part.expression.originalText ?? '')))
        if (quoted) into.quoted(text)
        else into.split(text)
        break
      }
      case 'TildeExpansion':
        into.quoted(await tilde(shell, part.user))
        break
      case 'ProcessSubstitution':
        into.quoted(await substituteProcess(shell, part.body, part.direction))
        break
      case 'BraceExpansion':
        throw new FatalFault('brace expansion in this place is not supported')
    }
  }
}

function isList(part: WordPart): boolean {
  return (
    part.type === 'ParameterExpansion' && (part.parameter === '@' || part.parameter.endsWith('[@]')) && part.operation?.type !== 'Length'
  )
}

async function tilde(shell: Shell, user: string | null): Promise<string> {
  if (user === null) return shell.env.get('HOME') ?? shell.run.identity.home
  if (user === '+') return shell.cwd
  if (user === '-') return shell.env.get('OLDPWD') ?? '~-'
  const text = shell.fs.find('/etc/passwd')?.type === 'file' ? await shell.fs.readFile(shell.task, '/etc/passwd') : ''
  const row = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)
  return row?.[5] ?? `~${user}`
}

/** A word to its fields: everything, file names included. */
export async function expandWord(shell: Shell, word: WordNode): Promise<string[]> {
  const results: string[] = []
  for (const parts of shell.dialect === 'bash' ? braceWords(word.parts) : [plainBraces(word.parts)]) {
    const builder = new FieldBuilder(shell.ifs, true)
    await addParts(shell, parts, false, builder)
    for (const field of builder.finish()) results.push(...pathnames(shell, field))
  }
  return results
}

export async function expandWords(shell: Shell, words: readonly WordNode[]): Promise<string[]> {
  const results: string[] = []
  for (const word of words) {
    const text = plainText(word)
    if (text !== undefined) results.push(text)
    else results.push(...(await expandWord(shell, word)))
  }
  return results
}

function pathnames(shell: Shell, field: Field): string[] {
  const extglob = shell.shopt('extglob')
  if (!field.glob || shell.has('noglob') || !hasGlob(field.pattern, extglob)) return [field.text]
  const found = expandGlob(shell.fs, shell.cwd, field.pattern, {
    extglob,
    globstar: shell.shopt('globstar'),
    dotglob: shell.shopt('dotglob'),
    nocase: shell.shopt('nocaseglob'),
    dots: shell.dialect !== 'bash' || !shell.shopt('globskipdots'),
  })
  if (found.length > 0) return found
  if (shell.shopt('failglob')) throw new FatalFault(`no match: ${field.text}`)
  return shell.shopt('nullglob') ? [] : [field.text]
}

async function single(shell: Shell, parts: readonly WordPart[], quoted = false): Promise<Field> {
  const builder = new FieldBuilder(shell.ifs, false)
  await addParts(shell, parts, quoted, builder)
  return builder.finish()[0] ?? { text: '', pattern: '', glob: false }
}

/** A word to one text: no splitting, no file names. Assignments, here-documents, `case` words. */
export async function expandText(shell: Shell, word: WordNode): Promise<string> {
  return (await single(shell, word.parts)).text
}

/** A word to a pattern, in which what was quoted is escaped. */
export async function expandPattern(shell: Shell, word: WordNode): Promise<string> {
  return (await single(shell, word.parts)).pattern
}

/** The right side of `=~`: what was quoted matches itself. */
export async function expandRegExp(shell: Shell, word: WordNode): Promise<string> {
  let source = ''
  for (const part of word.parts) {
    if (part.type === 'Literal') source += part.value
    else if (part.type === 'Glob') source += part.pattern
    else if (part.type === 'Escaped') source += escapeRegExp(part.value)
    else if (part.type === 'ParameterExpansion' || part.type === 'CommandSubstitution') source += (await single(shell, [part])).text
    else source += escapeRegExp((await single(shell, [part])).text)
  }
  return source
}

/** Text of an arithmetic expression with its `$` expansions done, as in double quotes. */
export async function expandArithmetic(shell: Shell, text: string): Promise<string> {
  if (!/[$`"'\\]/.test(text)) return text
  const bare = text.replace(/"/g, '')
  const script = shell.run.parser.parse(`: "${bare}"`)
  const command = script.statements[0]?.pipelines[0]?.commands[0]
  if (command?.type !== 'SimpleCommand' || !command.args[0]) return bare
  return expandText(shell, command.args[0])
}

/** A target of a redirection: must be one word. */
export async function expandTarget(shell: Shell, word: WordNode): Promise<string> {
  const fields = await expandWord(shell, word)
  if (fields.length === 1) return fields[0]!
  throw new FatalFault(`${fields.join(' ') || (await expandText(shell, word))}: ambiguous redirect`)
}
