import { parseOptions } from '../command-options.js'
import type { Command } from './types.js'

const reference = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g

/** Puts the environment in the place of `$NAME` and `${NAME}`: all, or those that its operand names. */
export const envsubst: Command = async (call) => {
  const options = parseOptions(call, 'v', { variables: 'v' })
  const [format] = options.operands
  const named = format === undefined ? undefined : new Set([...format.matchAll(reference)].map((match) => match[1] ?? match[2]!))
  if (options.has('v')) {
    call.out([...(named ?? [])].map((name) => `${name}\n`).join(''))
    return
  }
  const text = await call.read('-')
  call.out(
    text.replace(reference, (whole, bare: string | undefined, braced: string | undefined) => {
      const name = bare ?? braced!
      return named && !named.has(name) ? whole : (call.process.env.get(name) ?? '')
    }),
  )
}
