import { SimulationUnsupportedError } from '../../errors.js'
import { refuse } from '../system/process.js'
// cycle-ok: a parameter expansion holds words, and words hold parameter expansions
import { addParts, expandArithmetic, expandText } from './expand.js'
import type { FieldBuilder } from './fields.js'
import { requireOperation } from './foreign.js'
import { textOf, transform, type Value } from './parameter-value.js'
import type { Shell } from './shell.js'
import { FatalFault } from './signals.js'
import type { ParameterOperation, Part } from './syntax.js'
import { namePattern } from './variables.js'

/** Expands `$x`, `${x…}` into the builder. */
export async function addParameter(shell: Shell, part: Part<'ParameterExpansion'>, quoted: boolean, into: FieldBuilder): Promise<void> {
  const { parameter, operation } = part
  requireOperation(shell, parameter, operation)
  if (!operation) {
    const value = lookup(shell, parameter)
    requireSet(shell, parameter, value)
    emit(shell, value, quoted, into)
    return
  }
  await addOperation(shell, parameter, operation, quoted, into)
}

async function addOperation(
  shell: Shell,
  parameter: string,
  operation: ParameterOperation,
  quoted: boolean,
  into: FieldBuilder,
): Promise<void> {
  switch (operation.type) {
    case 'Indirection': {
      const target = textOf(shell, lookup(shell, parameter))
      const variable = shell.env.find(parameter)
      if (variable?.nameref) return emit(shell, { text: String(variable.value) }, quoted, into)
      if (target === '') throw new FatalFault(`${parameter}: invalid indirect expansion`)
      if (operation.innerOp) return addOperation(shell, target, operation.innerOp, quoted, into)
      const value = lookup(shell, target)
      requireSet(shell, target, value)
      return emit(shell, value, quoted, into)
    }
    case 'ArrayKeys':
      return emit(shell, { list: shell.env.keys(operation.array), star: operation.star }, quoted, into)
    case 'VarNamePrefix': {
      // prefix-ok: names of variables
      const names = shell.env.names().filter((name) => name.startsWith(operation.prefix))
      return emit(shell, { list: names, star: operation.star }, quoted, into)
    }
    case 'BadSubstitution':
      // The parser does not know `${x~}`.
      if (shell.dialect === 'bash' && /^\$?\{?[A-Za-z0-9_]+~~?/.test(operation.text))
        refuse(shell, new SimulationUnsupportedError(operation.text, 'its parser does not know this expansion', shell.line))
      throw new FatalFault(`${operation.text}: bad substitution`)
    case 'LengthSliceError':
      throw new FatalFault('bad substitution')
    case 'DefaultValue':
    case 'UseAlternative':
    case 'AssignDefault':
    case 'ErrorIfUnset':
      return addConditional(shell, parameter, operation, quoted, into)
    default: {
      const value = lookup(shell, parameter)
      if (operation.type === 'Length' && 'list' in value && shell.has('nounset')) requireArray(shell, parameter)
      requireSet(shell, parameter, value)
      return emit(shell, await transform(shell, parameter, value, operation), quoted, into)
    }
  }
}

async function addConditional(
  shell: Shell,
  parameter: string,
  operation: Extract<ParameterOperation, { type: 'DefaultValue' | 'UseAlternative' | 'AssignDefault' | 'ErrorIfUnset' }>,
  quoted: boolean,
  into: FieldBuilder,
): Promise<void> {
  const value = lookup(shell, parameter)
  const isSet = 'text' in value ? value.text !== undefined : value.list.length > 0
  const present = isSet && !(operation.checkEmpty && textOf(shell, value) === '')
  if (operation.type === 'UseAlternative') {
    if (present) await addParts(shell, operation.word.parts, quoted, into, !quoted)
    return
  }
  if (present) return emit(shell, value, quoted, into)
  if (operation.type === 'DefaultValue') return addParts(shell, operation.word.parts, quoted, into, !quoted)
  if (operation.type === 'ErrorIfUnset') {
    const message = operation.word ? await expandText(shell, operation.word) : ''
    const plain = operation.checkEmpty ? 'parameter null or not set' : 'parameter not set'
    throw new FatalFault(`${parameter}: ${message || plain}`, shell.unsetStatus)
  }
  const text = await expandText(shell, operation.word)
  const place = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[(.*)\])?$/.exec(parameter)
  if (!place) throw new FatalFault(`$${parameter}: cannot assign in this way`)
  if (place[2] === undefined) shell.assign(place[1]!, text)
  else shell.env.setElement(place[1]!, await subscript(shell, place[1]!, place[2]), text)
  emit(shell, { text }, quoted, into)
}

/** Index text of `a[…]` as a key or a number. */
export async function subscript(shell: Shell, name: string, text: string): Promise<string | number> {
  const expanded = await expandArithmetic(shell, text)
  if (shell.env.find(shell.env.resolve(name))?.map) return expanded
  return Number(shell.arithmetic(expanded))
}

function lookup(shell: Shell, parameter: string): Value {
  switch (parameter) {
    case '@':
    case '*':
      return { list: shell.positional, star: parameter === '*' }
    case '#':
      return { text: String(shell.positional.length) }
    case '?':
      return { text: String(shell.status) }
    case '$':
      return { text: String(shell.pid) }
    case '!':
      return { text: shell.lastJob === undefined ? undefined : String(shell.lastJob) }
    case '-':
      return { text: shell.flags }
    case '_':
      return { text: shell.lastArgument }
    case '0':
      return { text: shell.name }
  }
  if (/^[0-9]+$/.test(parameter)) return { text: shell.positional[Number(parameter) - 1] }
  if (namePattern.test(parameter))
    return parameter === 'PIPESTATUS' ? { text: String(shell.pipeStatus[0] ?? 0) } : { text: shell.variable(parameter) }
  const match = /^([A-Za-z_][A-Za-z0-9_]*)\[([\s\S]*)\]$/.exec(parameter)
  if (!match) throw new FatalFault(`\${${parameter}}: bad substitution`)
  const [, name = '', index = ''] = match
  if (index === '@' || index === '*') return { list: elementsOf(shell, name), star: index === '*' }
  const key = indexOf(shell, name, index)
  if (name === 'PIPESTATUS' || name === 'FUNCNAME') return { text: elementsOf(shell, name)[Number(key)] }
  return { text: shell.env.element(name, key) }
}

function elementsOf(shell: Shell, name: string): string[] {
  if (name === 'PIPESTATUS') return shell.pipeStatus.map(String)
  if (name === 'FUNCNAME') return [...shell.calls].reverse()
  return shell.env.elements(name)
}

/** Index of `${a[$i]}`: variables only, which covers what scripts write; anything else was expanded before. */
function indexOf(shell: Shell, name: string, text: string): string | number {
  const plain = text.replace(/\$\{?([A-Za-z_][A-Za-z0-9_]*|[0-9#?])\}?/g, (_, inner: string) => textOf(shell, lookup(shell, inner)))
  const unquoted = plain.replace(/^(["'])([\s\S]*)\1$/, '$2')
  if (shell.env.find(shell.env.resolve(name))?.map) return unquoted
  return Number(shell.arithmetic(unquoted))
}

/** Under -u, the length of an array needs the array to be there. */
function requireArray(shell: Shell, parameter: string): void {
  const name = /^([A-Za-z_][A-Za-z0-9_]*)\[/.exec(parameter)?.[1]
  if (name !== undefined && !shell.env.find(name)) throw new FatalFault(`${name}: unbound variable`)
}

function requireSet(shell: Shell, parameter: string, value: Value): void {
  if (!shell.has('nounset') || !('text' in value) || value.text !== undefined) return
  throw new FatalFault(`${/^[0-9]+$/.test(parameter) ? `$${parameter}` : parameter}: unbound variable`, shell.unsetStatus)
}

function emit(shell: Shell, value: Value, quoted: boolean, into: FieldBuilder): void {
  if ('text' in value) {
    if (quoted) into.quoted(value.text ?? '')
    else into.split(value.text ?? '')
    return
  }
  if (into.joins) {
    const separator = value.star || !quoted ? (shell.ifs[0] ?? '') : ' '
    const text = value.list.join(value.star ? separator : ' ')
    if (quoted) into.quoted(text)
    else into.split(text)
    return
  }
  if (quoted && value.star) {
    into.quoted(value.list.join(shell.ifs[0] ?? ''))
    return
  }
  value.list.forEach((element, at) => {
    if (at > 0) into.end()
    if (quoted) into.quoted(element)
    else into.split(element)
  })
}
