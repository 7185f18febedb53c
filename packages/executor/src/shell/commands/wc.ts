import { parseOptions } from '../command-options.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

export const wc: Command = async (call) => {
  const options = parseOptions(call, 'clLmw', {
    bytes: 'c',
    chars: 'm',
    lines: 'l',
    words: 'w',
    'max-line-length': 'L',
    'files0-from': 'from:',
  })
  const columns = ['l', 'w', 'm', 'c', 'L'].filter((name) => options.has(name))
  if (columns.length === 0) columns.push('l', 'w', 'c')
  const operands = options.operands.length > 0 ? options.operands : ['']
  const totals = new Map(columns.map((column) => [column, 0]))
  const rows: { readonly counts: number[]; readonly name: string }[] = []
  let regular = 0
  let special = false
  for (const operand of operands) {
    const counts = { l: 0, w: 0, m: 0, c: 0, L: 0 }
    try {
      const file = call.open(operand === '' ? '-' : operand)
      try {
        let inWord = false
        let width = 0
        const onlyBytes = columns.length === 1 && columns[0] === 'c'
        for (let bytes = await file.read(call.process.task); bytes; bytes = await file.read(call.process.task)) {
          counts.c += bytes.length
          if (onlyBytes) continue
          for (const byte of bytes) {
            if (byte === 10) {
              counts.l++
              counts.L = Math.max(counts.L, width)
              width = 0
            } else if (byte === 9) width += 8 - (width % 8)
            else if (byte >= 32 && byte < 127) width++
            const space = byte === 32 || (byte >= 9 && byte <= 13)
            if (!space && !inWord) counts.w++
            inWord = !space
          }
        }
        counts.L = Math.max(counts.L, width)
      } finally {
        file.release()
      }
    } catch (error) {
      call.fail(`${operand === '' ? 'standard input' : operand}: ${strerror(error)}`)
      if (codeOf(error) !== 'EISDIR') continue
    }
    counts.m = counts.c
    const stat = operand === '' || operand === '-' ? undefined : call.fs.find(call.path(operand))
    if (stat?.type === 'file') regular += stat.size
    else special = true
    for (const column of columns) {
      const count = counts[column as 'l']
      totals.set(column, column === 'L' ? Math.max(totals.get(column)!, count) : totals.get(column)! + count)
    }
    rows.push({ counts: columns.map((column) => counts[column as 'l']), name: operand })
  }
  if (operands.length > 1) rows.push({ counts: [...totals.values()], name: 'total' })
  // The width follows from the sizes of the files; standard input, whose size is not known, makes it seven.
  // Busybox makes columns nine wide whatever is in them.
  const single = columns.length === 1 && operands.length === 1
  const width = single ? 1 : call.busybox ? 9 : special ? 7 : String(regular).length
  for (const { counts, name } of rows)
    call.out(`${counts.map((count) => String(count).padStart(width)).join(' ')}${name === '' ? '' : ` ${name}`}\n`)
}
