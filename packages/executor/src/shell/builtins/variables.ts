import { SimulationUnsupportedError } from '../../errors.js'
import { assignArray } from '../language/assign.js'
import { doubleQuoted, quoteWord, traceWord } from '../language/quote.js'
import type { Shell } from '../language/shell.js'
import { FatalFault } from '../language/signals.js'
import { namePattern, type Variable } from '../language/variables.js'
import { refuse } from '../system/process.js'
import type { Builtin } from './types.js'

const assignment = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[([^\]]*)\])?(\+?)=([\s\S]*)$/

async function badName(shell: Shell, builtin: string, text: string): Promise<void> {
  await shell.complain(`${builtin}: \`${text}': not a valid identifier`)
}

/** How `declare -p` writes a variable. */
function declaration(name: string, variable: Variable): string {
  const letters = `${variable.map ? 'A' : typeof variable.value === 'object' ? 'a' : ''}${variable.integer ? 'i' : ''}${variable.nameref ? 'n' : ''}${variable.readonly ? 'r' : ''}${variable.exported ? 'x' : ''}${variable.lower ? 'l' : ''}${variable.upper ? 'u' : ''}`
  const head = `declare -${letters || '-'} ${name}`
  if (variable.map) {
    const entries = [...variable.map].map(([key, value]) => `[${traceWord(key)}]=${doubleQuoted(value)} `)
    return `${head}=(${entries.join('')})`
  }
  if (typeof variable.value === 'object') {
    const entries = [...variable.value].sort(([a], [b]) => a - b).map(([key, value]) => `[${key}]=${doubleQuoted(value)}`)
    return `${head}=(${entries.join(' ')})`
  }
  return variable.value === undefined ? head : `${head}=${doubleQuoted(variable.value)}`
}

export const exportVariables: Builtin = async (shell, args, arrays) => {
  const flags = args.filter((arg) => /^-[a-z]+$/.test(arg)).join('')
  const names = args.filter((arg) => !/^-[a-z]+$/.test(arg) && arg !== '--')
  if (flags.includes('f') && shell.dialect === 'bash')
    refuse(shell, new SimulationUnsupportedError(`export ${args.join(' ')}`, 'functions are not handed on to other shells', shell.line))
  if (names.length === 0) {
    for (const name of shell.env.names()) {
      const variable = shell.env.find(name)!
      if (!variable.exported) continue
      const text =
        shell.dialect === 'bash'
          ? declaration(name, variable)
          : `export ${name}${typeof variable.value === 'string' ? `=${quoteWord(variable.value)}` : ''}`
      await shell.write(1, `${text}\n`)
    }
    return
  }
  let status = 0
  for (const arg of names) {
    const array = arrays.get(args.indexOf(arg) + 1)
    const match = assignment.exec(arg)
    const name = array?.name ?? match?.[1] ?? arg
    if (!namePattern.test(name)) {
      await badName(shell, 'export', arg)
      status = 1
      continue
    }
    if (array) await assignArray(shell, name, array.elements, array.append)
    else if (match) shell.assign(name, match[3] ? (shell.env.get(name) ?? '') + match[4]! : match[4]!)
    const variable = shell.env.find(shell.env.resolve(name)) ?? shell.env.declare(name, false)
    variable.exported = !flags.includes('n')
  }
  return status
}

export const readonlyVariables: Builtin = async (shell, args, arrays) => {
  const names = args.filter((arg) => !/^-[a-zA-Z]+$/.test(arg) && arg !== '--')
  if (names.length === 0) {
    for (const name of shell.env.names()) {
      const variable = shell.env.find(name)!
      if (variable.readonly)
        await shell.write(
          1,
          `${shell.dialect === 'bash' ? declaration(name, variable) : `readonly ${name}=${quoteWord(String(variable.value ?? ''))}`}\n`,
        )
    }
    return
  }
  for (const arg of names) {
    const array = arrays.get(args.indexOf(arg) + 1)
    const match = assignment.exec(arg)
    const name = array?.name ?? match?.[1] ?? arg
    if (array) await assignArray(shell, name, array.elements, array.append)
    else if (match) shell.assign(name, match[4]!)
    ;(shell.env.find(name) ?? shell.env.declare(name, false)).readonly = true
  }
}

export const unset: Builtin = async (shell, args) => {
  const functions = args[0] === '-f'
  const only = args[0] === '-v' || args[0] === '-n'
  let status = 0
  for (const name of functions || only ? args.slice(1) : args) {
    const element = /^([A-Za-z_][A-Za-z0-9_]*)\[(.*)\]$/.exec(name)
    if (element) {
      const isMap = shell.env.find(element[1]!)?.map !== undefined
      const key = element[2]!.replace(/^(["'])(.*)\1$/, '$2')
      if (key === '@' || key === '*') shell.env.unset(element[1]!)
      else shell.env.unsetElement(element[1]!, isMap ? key : Number(shell.arithmetic(key)))
    } else if (functions || (!only && !shell.env.find(name) && shell.functions.has(name))) shell.functions.delete(name)
    else if (!shell.env.unset(shell.env.find(name)?.nameref && args[0] !== '-n' ? shell.env.resolve(name) : name)) {
      if (shell.dialect !== 'bash') throw new FatalFault(`unset: ${name}: is read only`, 2)
      await shell.complain(`unset: ${name}: cannot unset: readonly variable`)
      status = 1
    }
  }
  return status
}

function setAttributes(variable: Variable, letters: string, on: boolean): void {
  if (letters.includes('i')) variable.integer = on
  if (letters.includes('l')) variable.lower = on
  if (letters.includes('u')) variable.upper = on
  if (letters.includes('x')) variable.exported = on
  if (letters.includes('n')) variable.nameref = on
  if (on && letters.includes('A')) variable.map ??= new Map()
  if (on && letters.includes('a') && typeof variable.value !== 'object')
    variable.value = new Map(variable.value === undefined ? [] : [[0, variable.value]])
}

function declaring(builtin: 'declare' | 'local'): Builtin {
  return async (shell, args, arrays) => {
    let on = ''
    let off = ''
    let at = 0
    for (; /^[-+][a-zA-Z]+$/.test(args[at] ?? ''); at++) {
      if (args[at]!.startsWith('-')) on += args[at]!.slice(1)
      else off += args[at]!.slice(1)
    }
    if (args[at] === '--') at++
    if (builtin === 'local' && !shell.env.inFunction) {
      if (shell.dialect !== 'bash') throw new FatalFault('local: not in a function', 2)
      await shell.complain('local: can only be used in a function')
      return 1
    }
    const names = args.slice(at)
    if (on.includes('f') && names.every((name) => shell.functions.has(name)))
      refuse(shell, new SimulationUnsupportedError(`declare -f ${names.join(' ')}`, 'the text of functions is not kept', shell.line))
    if (on.includes('f') || on.includes('F')) return names.every((name) => shell.functions.has(name)) ? 0 : 1
    if (names.length === 0 || on.includes('p')) return print(shell, names)
    const local = shell.env.inFunction && !on.includes('g')
    let status = 0
    for (let place = at; place < args.length; place++) {
      const arg = args[place]!
      const array = arrays.get(place + 1)
      const match = assignment.exec(arg)
      const name = array?.name ?? match?.[1] ?? arg
      if (!namePattern.test(name)) {
        await badName(shell, builtin, arg)
        status = 1
        continue
      }
      const variable = shell.env.declare(name, local)
      if (variable.readonly && (array || match)) {
        await shell.complain(`${builtin}: ${name}: readonly variable`)
        status = 1
        continue
      }
      setAttributes(variable, on, true)
      setAttributes(variable, off, false)
      if (array) await assignArray(shell, name, array.elements, array.append)
      else if (match) {
        const value = match[4]!
        if (match[2] !== undefined) shell.env.setElement(name, variable.map ? match[2] : Number(shell.arithmetic(match[2])), value)
        else if (variable.nameref) variable.value = value
        else
          shell.env.set(
            name,
            match[3] ? (variable.integer ? `${shell.env.get(name) ?? 0}+(${value})` : (shell.env.get(name) ?? '') + value) : value,
          )
      } else if (builtin === 'local' && shell.dialect === 'dash') variable.value ??= undefined
      if (on.includes('r')) variable.readonly = true
    }
    return status
  }
}

async function print(shell: Shell, names: readonly string[]): Promise<number> {
  let status = 0
  for (const name of names.length > 0 ? names : shell.env.names()) {
    const variable = shell.env.find(name)
    if (variable) await shell.write(1, `${declaration(name, variable)}\n`)
    else {
      await shell.complain(`declare: ${name}: not found`)
      status = 1
    }
  }
  return status
}

export const declare = declaring('declare')
export const local = declaring('local')

export const shift: Builtin = async (shell, args) => {
  const count = args[0] === undefined ? 1 : Number(args[0])
  if (!Number.isInteger(count) || count < 0) {
    await shell.complain(`shift: ${args[0]}: ${Number.isInteger(count) ? 'shift count out of range' : 'numeric argument required'}`)
    return 1
  }
  if (count > shell.positional.length) {
    if (shell.dialect === 'dash') throw new FatalFault("shift: can't shift that many", 2)
    return 1
  }
  shell.positional = shell.positional.slice(count)
}

export const letArithmetic: Builtin = async (shell, args) => {
  if (args.length === 0) {
    await shell.complain('let: expression expected')
    return 1
  }
  let value = 0n
  for (const arg of args) value = shell.arithmetic(arg)
  return value === 0n ? 1 : 0
}
