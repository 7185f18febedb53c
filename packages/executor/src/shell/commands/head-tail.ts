import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import type { OpenFile } from '../system/open-file.js'
import { codeOf, strerror } from '../system/strerror.js'
import { parseSize } from '../text/lines.js'
import type { Command } from './types.js'

/** head, tail, wc, tac, rev, nl, fold, split, tee. */

export const head: Command = async (call) => {
  const args = call.args.flatMap((arg, at) => (at === 0 && /^-[0-9]+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'c:n:qvz', {
    bytes: 'c:',
    lines: 'n:',
    quiet: 'q',
    silent: 'q',
    verbose: 'v',
    'zero-terminated': 'z',
  })
  const bytes = options.has('c')
  const spec = options.value('c') ?? options.value('n') ?? '10'
  const count = parseSize(spec.replace(/^[-+]/, ''))
  if (count === undefined) throw new CommandFailure(`invalid number of ${bytes ? 'bytes' : 'lines'}: '${spec}'`)
  const allBut = spec.startsWith('-')
  const ending = options.has('z') ? '\0' : '\n'
  const operands = options.operands.length > 0 ? options.operands : ['-']
  let shown = 0
  for (const operand of operands) {
    let file: OpenFile
    try {
      file = call.open(operand)
      if (operand !== '-' && call.fs.find(call.path(operand))?.type === 'dir') throw Object.assign(new Error(), { code: 'EISDIR' })
    } catch (error) {
      call.fail(
        codeOf(error) === 'EISDIR'
          ? `error reading '${operand}': Is a directory`
          : `cannot open '${operand}' for reading: ${strerror(error)}`,
      )
      continue
    }
    try {
      if ((operands.length > 1 && !options.has('q')) || options.has('v'))
        call.out(`${shown > 0 ? '\n' : ''}==> ${operand === '-' ? 'standard input' : operand} <==\n`)
      shown++
      if (allBut) {
        const text = await call.read(operand)
        if (bytes) call.out(text.slice(0, Math.max(0, text.length - count)))
        else {
          const pieces = text.split(ending === '\n' ? /(?<=\n)/ : /(?<=\0)/)
          call.out(pieces.slice(0, Math.max(0, pieces.length - count)).join(''))
        }
        continue
      }
      let left = count
      while (left > 0) {
        const piece = await file.read(call.process.task)
        if (!piece) break
        if (bytes) {
          await call.write(piece.subarray(0, left))
          if (piece.length > left && file.seekable) file.unread(piece.subarray(left))
          left -= piece.length
          continue
        }
        let at = 0
        const code = ending.charCodeAt(0)
        while (left > 0 && at < piece.length) {
          const end = piece.indexOf(code, at)
          if (end === -1) at = piece.length
          else {
            at = end + 1
            left--
          }
        }
        await call.write(piece.subarray(0, at))
        // What was read too far is given back where the input can seek, as head does.
        if (at < piece.length && file.seekable) file.unread(piece.subarray(at))
      }
    } finally {
      file.release()
    }
  }
}

export const tail: Command = async (call) => {
  const args = call.args.flatMap((arg, at) =>
    at === 0 && /^[-+][0-9]+[cl]?f?$/.test(arg) ? [arg.includes('c') ? '-c' : '-n', arg.replace(/[clf]/g, '').replace(/^-/, '')] : [arg],
  )
  const options = parseOptions({ args, name: call.name }, 'c:fFn:qs:vz', {
    bytes: 'c:',
    lines: 'n:',
    quiet: 'q',
    silent: 'q',
    verbose: 'v',
    follow: 'f::',
    retry: 'retry',
    pid: 'pid:',
    'zero-terminated': 'z',
  })
  const bytes = options.has('c')
  const spec = options.value('c') ?? options.value('n') ?? '10'
  const count = parseSize(spec.replace(/^[-+]/, ''))
  if (count === undefined) throw new CommandFailure(`invalid number of ${bytes ? 'bytes' : 'lines'}: '${spec}'`)
  const operands = options.operands.length > 0 ? options.operands : ['-']
  let shown = 0
  for (const operand of operands) {
    let text: string
    try {
      text = await call.read(operand)
    } catch (error) {
      call.fail(
        codeOf(error) === 'EISDIR'
          ? `error reading '${operand}': Is a directory`
          : `cannot open '${operand}' for reading: ${strerror(error)}`,
      )
      continue
    }
    if ((operands.length > 1 && !options.has('q')) || options.has('v'))
      call.out(`${shown > 0 ? '\n' : ''}==> ${operand === '-' ? 'standard input' : operand} <==\n`)
    shown++
    if (bytes) call.out(spec.startsWith('+') ? text.slice(Math.max(0, count - 1)) : count === 0 ? '' : text.slice(-count))
    else {
      const pieces = text === '' ? [] : text.split(options.has('z') ? /(?<=\0)/ : /(?<=\n)/)
      call.out((spec.startsWith('+') ? pieces.slice(Math.max(0, count - 1)) : count === 0 ? [] : pieces.slice(-count)).join(''))
    }
  }
  // There is nobody who would add to the files: waiting for more never ends by itself.
  if (options.has('f', 'F')) {
    await call.flush()
    await call.process.task.sleep(1e12)
  }
}
