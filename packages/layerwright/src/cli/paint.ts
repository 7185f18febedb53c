/**
 * Colours by Node's own `styleText`. Whether there are any is decided when the first one is asked for: looking at the terminal loads a good part of Node, which a quiet
 * command does without.
 */
import { isatty } from 'node:tty'
import { styleText } from 'node:util'

type Style = 'red' | 'green' | 'blue' | 'yellow' | 'cyan' | 'bold' | 'dim'

let wanted: boolean | undefined

/** `NO_COLOR` and `FORCE_COLOR` decide, else whether the output is a terminal or a CI's log. */
function isWanted(): boolean {
  const { env, platform } = process
  if (env.NO_COLOR) return false
  return Boolean(env.FORCE_COLOR || env.CI) || platform === 'win32' || (env.TERM !== 'dumb' && isatty(1))
}

const painter =
  (style: Style) =>
  (text: string): string => {
    wanted ??= isWanted()
    return wanted ? styleText(style, text) : text
  }

export const paint: Readonly<Record<Style, (text: string) => string>> = {
  red: painter('red'),
  green: painter('green'),
  blue: painter('blue'),
  yellow: painter('yellow'),
  cyan: painter('cyan'),
  bold: painter('bold'),
  dim: painter('dim'),
}
