import type { Call } from '../call.js'
import { parseArguments } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { quoteWord } from '../language/quote.js'
import type { Command } from './types.js'

interface Wanted {
  readonly short: string
  /** Names with their colons. */
  readonly long: readonly string[]
  readonly name: string
  readonly quiet: boolean
  readonly silent: boolean
  readonly quote: boolean
  readonly args: readonly string[]
}

/** util-linux's getopt: brings a script's options into order. */
export const getopt: Command = (call) => {
  if (call.args[0] === '-T' || call.args[0] === '--test') return 4
  const wanted = readWanted(call)
  const out: string[] = []
  const operands: string[] = []
  let failed = false
  const show = (text: string) => (wanted.quote ? quoteWord(text) : text)
  const fault = (message: string) => {
    failed = true
    if (!wanted.quiet) call.errAs(wanted.name, message)
  }
  const stops = wanted.short.startsWith('+')
  const letters = wanted.short.replace(/^[-+]/, '')
  let at = 0
  for (; at < wanted.args.length; at++) {
    const arg = wanted.args[at]!
    if (arg === '--') {
      at++
      break
    }
    if (arg.startsWith('--') && wanted.long.length > 0) {
      const [name = '', ...rest] = arg.slice(2).split('=')
      const exact = wanted.long.filter((each) => each.replace(/:+$/, '') === name)
      // prefix-ok: names of options
      const matches = exact.length > 0 ? exact : wanted.long.filter((each) => each.startsWith(name))
      const [only] = matches
      if (matches.length !== 1 || only === undefined) {
        fault(
          matches.length > 1
            ? `option '${arg}' is ambiguous; possibilities: ${matches.map((each) => `'--${each.replace(/:+$/, '')}'`).join(' ')}`
            : `unrecognized option '${arg}'`,
        )
        continue
      }
      const plain = only.replace(/:+$/, '')
      out.push(`--${plain}`)
      if (only.endsWith('::')) out.push(show(rest.join('=')))
      else if (only.endsWith(':')) {
        if (rest.length > 0) out.push(show(rest.join('=')))
        else if (at + 1 < wanted.args.length) out.push(show(wanted.args[++at]!))
        else {
          out.pop()
          fault(`option '--${plain}' requires an argument`)
        }
      } else if (rest.length > 0) {
        out.pop()
        fault(`option '--${plain}' doesn't allow an argument`)
      }
    } else if (/^-./.test(arg)) {
      for (let letter = 1; letter < arg.length; letter++) {
        const name = arg[letter]!
        const place = letters.indexOf(name)
        if (place === -1 || name === ':') {
          fault(`invalid option -- '${name}'`)
          continue
        }
        out.push(`-${name}`)
        if (letters[place + 1] !== ':') continue
        const rest = arg.slice(letter + 1)
        if (letters[place + 2] === ':' || rest !== '') out.push(show(rest))
        else if (at + 1 < wanted.args.length) out.push(show(wanted.args[++at]!))
        else {
          out.pop()
          fault(`option requires an argument -- '${name}'`)
        }
        break
      }
    } else if (stops) break
    else operands.push(arg)
  }
  operands.push(...wanted.args.slice(at))
  if (!wanted.silent) call.out(` ${[...out, '--', ...operands.map(show)].join(' ')}\n`)
  return failed ? 1 : 0
}

function readWanted(call: Call): Wanted {
  const [first] = call.args
  // The old form: the letters first, and nothing is quoted.
  if (first !== undefined && !first.startsWith('-')) {
    const args = call.args.slice(1)
    return {
      short: first,
      long: [],
      name: 'getopt',
      quiet: false,
      silent: false,
      quote: false,
      args: args[0] === '--' ? args.slice(1) : args,
    }
  }
  const options = parseArguments(
    call.args,
    '+ao:l:n:qQs:uTV',
    {
      options: 'o:',
      longoptions: 'l:',
      name: 'n:',
      quiet: 'q',
      'quiet-output': 'Q',
      shell: 's:',
      unquoted: 'u',
      test: 'T',
      alternative: 'a',
      version: 'V',
    },
    (message) => {
      throw new CommandFailure(message, 2)
    },
  )
  const operands = [...options.operands]
  const short = options.value('o') ?? operands.shift()
  if (short === undefined) throw new CommandFailure('missing optstring argument', 2)
  return {
    short,
    long: options.values('l').flatMap((each) => each.split(/[\s,]+/).filter((name) => name !== '')),
    name: options.value('n') ?? 'getopt',
    quiet: options.has('q'),
    silent: options.has('Q'),
    quote: !options.has('u'),
    args: operands,
  }
}
