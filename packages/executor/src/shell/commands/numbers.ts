import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { formatFloat } from '../text/floats.js'
import type { Command } from './types.js'

/** seq and factor. */

export const seq: Command = async (call) => {
  // Negative numbers are no options.
  const args = call.args.map((arg) => (/^-[0-9.]/.test(arg) ? `\0${arg}` : arg))
  const options = parseOptions({ args, name: call.name }, '+f:s:w', { format: 'f:', separator: 's:', 'equal-width': 'w' })
  const texts = options.operands.map((each) => each.replace('\0', ''))
  if (texts.length === 0) throw new CommandFailure('missing operand')
  if (texts.length > 3) throw new CommandFailure(`extra operand '${texts[3]}'`)
  const bad = texts.find((text) => !/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text))
  if (bad !== undefined) throw new CommandFailure(`invalid floating point argument: '${bad}'`)
  const first = texts.length > 1 ? texts[0]! : '1'
  const step = texts.length > 2 ? texts[1]! : '1'
  const last = texts[texts.length - 1]!
  const decimals = (text: string) => (text.split('.')[1] ?? '').length
  const places = Math.max(decimals(first), decimals(step))
  if (Number(step) === 0) throw new CommandFailure(`invalid Zero increment value: '${step}'`)
  // Counted in whole units of the last place, so that no rounding adds up.
  const scale = 10 ** Math.max(places, decimals(last))
  const units = (text: string) => Math.round(Number(text) * scale)
  const [from, by, to] = [units(first), units(step), units(last)]
  const show = (value: number) => (value / scale).toFixed(places)
  const width = options.has('w') ? Math.max(show(from).length, show(from + Math.floor((to - from) / by) * by).length) : 0
  const separator = options.value('s') ?? '\n'
  const format = options.value('f')
  let count = 0
  for (let value = from; by > 0 ? value <= to : value >= to; value += by) {
    let text = show(value)
    if (width > 0) text = text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0')
    if (format !== undefined)
      text = format
        .replace(
          /%([-+ #0']*)([0-9]*)(?:\.([0-9]+))?([efgaEFGA])/,
          (_, flags: string, size: string, precision: string | undefined, kind: string) => {
            const shown = formatFloat(value / scale, kind, flags, precision === undefined ? 6 : Number(precision))
            return flags.includes('-') ? shown.padEnd(Number(size)) : shown.padStart(Number(size), flags.includes('0') ? '0' : ' ')
          },
        )
        .replace(/%%/g, '%')
    call.out((count++ > 0 ? separator : '') + text)
    await call.step()
  }
  if (count > 0) call.out('\n')
}

export const factor: Command = async (call) => {
  const numbers = call.args.length > 0 ? [...call.args] : (await call.read('-')).split(/\s+/).filter((text) => text !== '')
  for (const text of numbers) {
    if (!/^[0-9]+$/.test(text)) {
      call.fail(`'${text}' is not a valid positive integer`)
      continue
    }
    let rest = BigInt(text)
    let result = `${rest}:`
    for (let divisor = 2n; divisor * divisor <= rest; divisor += divisor === 2n ? 1n : 2n) {
      while (rest % divisor === 0n) {
        result += ` ${divisor}`
        rest /= divisor
      }
      await call.step()
    }
    call.out(`${rest > 1n ? `${result} ${rest}` : result}\n`)
  }
}
