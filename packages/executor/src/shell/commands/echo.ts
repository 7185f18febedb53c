import { readEscapes } from '../text/escapes.js'
import type { Command } from './types.js'

/** bash and the program read options; dash knows only -n and always reads escapes. */
export const echo: Command = (call) => {
  const dash = call.shell?.dialect === 'dash'
  let newline = true
  let escapes = dash || (call.shell?.shopt('xpg_echo') ?? false)
  let at = 0
  for (; at < call.args.length && (dash ? /^-n$/ : /^-[neE]+$/).test(call.args[at]!); at++) {
    for (const letter of call.args[at]!.slice(1)) {
      if (letter === 'n') newline = false
      else escapes = letter === 'e'
    }
    if (dash) {
      at++
      break
    }
  }
  const text = call.args.slice(at).join(' ')
  const shown = escapes ? readEscapes(text, 'echo') : { text, stop: false }
  call.out(shown.text + (newline && !shown.stop ? '\n' : ''))
}
