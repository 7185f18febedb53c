import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { fromBytes } from '../system/bytes.js'
import type { Command } from './types.js'

const classes: Readonly<Record<string, string>> = {
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  digit: '0123456789',
  xdigit: '0123456789ABCDEFabcdef',
  space: '\t\n\v\f\r ',
  blank: '\t ',
}
const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')

function classOf(name: string): string {
  const known = classes[name]
  if (known !== undefined) return known
  const tests: Readonly<Record<string, RegExp>> = {
    alpha: /[A-Za-z]/,
    alnum: /[A-Za-z0-9]/,
    punct: /[!-/:-@[-`{-~]/,
    cntrl: /[\x00-\x1f\x7f]/,
    print: /[ -~]/,
    graph: /[!-~]/,
  }
  const test = tests[name]
  if (!test) throw new CommandFailure(`invalid character class '${name}'`)
  return [...everyByte].filter((char) => test.test(char)).join('')
}

/** The characters of a set: ranges, classes, escapes, `[x*n]`. */
function parseSet(text: string, fill: number): string {
  let result = ''
  let at = 0
  const next = (): string => {
    const char = text[at++]!
    if (char !== '\\' || at >= text.length) return char
    const octal = /^[0-7]{1,3}/.exec(text.slice(at))
    if (octal) {
      at += octal[0].length
      return String.fromCharCode(Number.parseInt(octal[0], 8) & 255)
    }
    const letter = text[at++]!
    return { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[letter] ?? letter
  }
  while (at < text.length) {
    const special = /^\[:([a-z]+):\]|^\[=(.)=\]|^\[(\\[0-7]{1,3}|\\.|[^\\])\*([0-9]*)\]/s.exec(text.slice(at))
    if (special) {
      at += special[0].length
      if (special[1] !== undefined) result += classOf(special[1])
      else if (special[2] !== undefined) result += special[2]
      else {
        const char = parseSet(special[3]!, 0)
        const count =
          special[4] === '' ? Math.max(0, fill - result.length) : Number.parseInt(special[4]!, special[4]!.startsWith('0') ? 8 : 10)
        result += char.repeat(count)
      }
      continue
    }
    const first = next()
    if (text[at] === '-' && at + 1 < text.length) {
      at++
      const last = next()
      if (last < first) throw new CommandFailure(`range-endpoints of '${first}-${last}' are in reverse collating sequence order`)
      for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) result += String.fromCharCode(code)
    } else result += first
  }
  return result
}

export const tr: Command = async (call) => {
  const options = parseOptions(call, '+cCdst', { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' })
  const [first, second] = options.operands
  if (first === undefined) throw new CommandFailure('missing operand')
  const deletes = options.has('d')
  const squeezes = options.has('s')
  if (second === undefined && !deletes && !squeezes)
    throw new CommandFailure(`missing operand after '${first}'\nTwo strings must be given when translating.`)
  if (second === undefined && deletes && squeezes)
    throw new CommandFailure(`missing operand after '${first}'\nTwo strings must be given when both deleting and squeezing repeats.`)
  if (second !== undefined && deletes && !squeezes)
    throw new CommandFailure(`extra operand '${second}'\nOnly one string may be given when deleting without squeezing repeats.`)
  let from = parseSet(first, 0)
  if (options.has('c', 'C')) from = [...everyByte].filter((char) => !from.includes(char)).join('')
  let to = second === undefined ? '' : parseSet(second, from.length)
  if (second !== undefined && !deletes) {
    if (to === '') throw new CommandFailure('when not truncating set1, string2 must be non-empty')
    if (options.has('t')) from = from.slice(0, to.length)
    else to = to.padEnd(from.length, to[to.length - 1])
  }
  const map = new Map<string, string>()
  if (second !== undefined && !deletes) for (const [at, char] of [...from].entries()) map.set(char, to[at]!)
  const drop = deletes ? new Set(from) : undefined
  const squeeze = squeezes ? new Set(second === undefined ? from : to) : undefined
  let last = ''
  const file = call.process.fds.need(0)
  for (let bytes = await file.read(call.process.task); bytes; bytes = await file.read(call.process.task)) {
    let text = ''
    for (const char of fromBytes(bytes)) {
      if (drop?.has(char)) continue
      const shown = map.get(char) ?? char
      if (squeeze?.has(shown) && shown === last) continue
      text += shown
      last = shown
    }
    call.out(text)
    await call.flush()
  }
}
