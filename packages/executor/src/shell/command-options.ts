import type { Call } from './call.js'
import { CommandFailure, NotSimulated } from './failure.js'

/** What a command was called with. */
export interface Parsed {
  readonly operands: string[]
  /** Every option in the order it was given, by its short letter or long name. */
  readonly given: readonly { readonly name: string; readonly value: string }[]
  has(...names: string[]): boolean
  /** The last value of an option. */
  value(...names: string[]): string | undefined
  values(...names: string[]): string[]
}

/**
 * Reads options as getopt_long does: `spec` is `"abc:"` with a colon after letters that take a value (two: an optional one,
 * attached), `long` maps long names to letters (or to themselves) with the same colons. Operands may come between, unless
 * `spec` begins with `+`.
 */
export function parseOptions(
  call: Pick<Call, 'args' | 'name'>,
  spec: string,
  long: Readonly<Record<string, string>> = {},
  usageStatus = 1,
): Parsed {
  return parseArguments(call.args, spec, long, (message, unknown) => {
    // Most that we do not know, the real command does.
    if (unknown) throw new NotSimulated(`${message}, which is not simulated`)
    throw new CommandFailure(`${message}\nTry '${call.name} --help' for more information.`, usageStatus)
  })
}

export function parseArguments(
  args: readonly string[],
  spec: string,
  long: Readonly<Record<string, string>>,
  fault: (message: string, unknown?: boolean) => never,
): Parsed {
  const stopsAtOperand = spec.startsWith('+')
  const operands: string[] = []
  const given: { name: string; value: string }[] = []
  let at = 0
  for (; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--') {
      at++
      break
    }
    if (arg.startsWith('--')) readLong(arg)
    else if (arg.startsWith('-') && arg !== '-') readLetters(arg)
    else if (stopsAtOperand) break
    else operands.push(arg)
  }
  operands.push(...args.slice(at))

  function readLong(arg: string): void {
    const equals = arg.indexOf('=')
    const name = arg.slice(2, equals === -1 ? undefined : equals)
    const known = Object.keys(long)
    const exact = known.filter((each) => each === name)
    // prefix-ok: names of options
    const matches = exact.length > 0 ? exact : known.filter((each) => each.startsWith(name))
    if (matches.length === 0) fault(`unrecognized option '${arg}'`, true)
    const targets = new Set(matches.map((each) => long[each]))
    if (targets.size > 1) fault(`option '${arg}' is ambiguous`)
    const target = long[matches[0]!]!
    const letter = target.replace(/:+$/, '')
    if (target.endsWith('::')) given.push({ name: letter, value: equals === -1 ? '' : arg.slice(equals + 1) })
    else if (target.endsWith(':')) {
      if (equals === -1 && at + 1 >= args.length) fault(`option '--${matches[0]}' requires an argument`)
      given.push({ name: letter, value: equals === -1 ? args[++at]! : arg.slice(equals + 1) })
    } else {
      if (equals !== -1) fault(`option '--${matches[0]}' doesn't allow an argument`)
      given.push({ name: letter, value: '' })
    }
  }

  function readLetters(arg: string): void {
    for (let letter = 1; letter < arg.length; letter++) {
      const name = arg[letter]!
      const place = spec.indexOf(name)
      if (place === -1 || name === ':' || name === '+') fault(`invalid option -- '${name}'`, true)
      const rest = arg.slice(letter + 1)
      if (spec.startsWith('::', place + 1)) {
        given.push({ name, value: rest })
        return
      }
      if (spec[place + 1] === ':') {
        if (rest === '' && at + 1 >= args.length) fault(`option requires an argument -- '${name}'`)
        given.push({ name, value: rest === '' ? args[++at]! : rest })
        return
      }
      given.push({ name, value: '' })
    }
  }

  return {
    operands,
    given,
    has: (...names) => given.some((each) => names.includes(each.name)),
    value: (...names) => [...given].reverse().find((each) => names.includes(each.name))?.value,
    values: (...names) => given.filter((each) => names.includes(each.name)).map((each) => each.value),
  }
}
