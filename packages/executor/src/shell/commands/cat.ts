import { parseOptions } from '../command-options.js'
import { fromBytes } from '../system/bytes.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

export const cat: Command = async (call) => {
  const options = parseOptions(call, 'AbeEnstTuv', {
    'show-all': 'A',
    'number-nonblank': 'b',
    'show-ends': 'E',
    number: 'n',
    'squeeze-blank': 's',
    'show-tabs': 'T',
    'show-nonprinting': 'v',
  })
  const plain = options.given.every(({ name }) => name === 'u')
  let line = 0
  let blank = false
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    try {
      const file = call.open(operand)
      try {
        if (plain) await call.pour(file)
        else {
          let text = ''
          for (let bytes = await file.read(call.process.task); bytes; bytes = await file.read(call.process.task)) text += fromBytes(bytes)
          for (const each of text.split(/(?<=\n)/)) show(each)
        }
      } finally {
        file.release()
      }
    } catch (error) {
      if (codeOf(error) === 'EPIPE' || codeOf(error) === 'EBADF') throw error
      call.fail(`${operand}: ${strerror(error)}`)
    }
  }

  function show(text: string): void {
    const isBlank = text === '\n'
    if (isBlank && blank && options.has('s')) return
    blank = isBlank
    let body = text.replace(/\n$/, '')
    if (options.has('A', 'e', 't', 'v')) body = body.replace(/[\x00-\x08\x0b-\x1f\x7f-\xff]/g, visible)
    if (options.has('A', 't', 'T')) body = body.replace(/\t/g, '^I')
    const number = options.has('b') ? !isBlank : options.has('n')
    if (number) line++
    const ends = text.endsWith('\n') ? `${options.has('A', 'e', 'E') ? '$' : ''}\n` : ''
    call.out(`${number ? `${String(line).padStart(6)}\t` : ''}${body}${ends}`)
  }
}

/** `^A`, `M-x`: characters as cat -v writes them. */
export function visible(char: string): string {
  const code = char.charCodeAt(0)
  if (code >= 128)
    return `M-${code - 128 < 32 || code === 255 ? visible(String.fromCharCode(code - 128)) : String.fromCharCode(code - 128)}`
  return code === 127 ? '^?' : `^${String.fromCharCode(code + 64)}`
}
