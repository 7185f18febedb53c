import { parseOptions } from '../command-options.js'
import { strerror } from '../system/strerror.js'
import { humanSize, parseSize } from '../text/lines.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

export const du: Command = async (call) => {
  const options = parseOptions(call, 'abcd:DhHklLmsSxB:t:0', {
    all: 'a',
    'apparent-size': 'A',
    bytes: 'b',
    total: 'c',
    'max-depth': 'd:',
    'human-readable': 'h',
    summarize: 's',
    'block-size': 'B:',
    exclude: 'X:',
    'one-file-system': 'x',
  })
  const apparent = options.has('b', 'A')
  const unit = options.has('b')
    ? 1
    : options.has('m')
      ? 1 << 20
      : options.has('B')
        ? (parseSize(options.value('B')!.replace(/^(?=[KMG])/, '1')) ?? 1024)
        : 1024
  const show = (bytes: number, name: string) => call.out(`${options.has('h') ? humanSize(bytes) : Math.ceil(bytes / unit)}\t${name}\n`)
  const most = options.has('s') ? 0 : options.has('d') ? Number(options.value('d')) : Infinity
  let grand = 0
  const seen = new Set<string>()
  for (const operand of options.operands.length > 0 ? options.operands : ['.']) {
    const sums: number[] = [0]
    await walk(
      call,
      operand,
      (path, stat, depth) => {
        const key = `${stat.dev}:${stat.ino}`
        const counted = stat.type !== 'dir' && stat.nlink > 1 && seen.has(key)
        seen.add(key)
        const size = counted
          ? 0
          : stat.type === 'dir'
            ? 4096
            : apparent
              ? stat.size
              : stat.type === 'file'
                ? Math.ceil(stat.size / 4096) * 4096
                : 0
        sums[depth] = (sums[depth] ?? 0) + size
        if (stat.type !== 'dir') {
          if (depth === 0 || (options.has('a') && depth <= most && !counted)) show(size, path)
          if (depth > 0) sums[depth - 1] = (sums[depth - 1] ?? 0) + size
          sums[depth] = depth === 0 ? size : 0
        }
      },
      (path, error) => call.fail(`cannot access '${path}': ${strerror(error)}`),
      {
        after: (path, _stat, depth) => {
          const total = sums[depth] ?? 0
          if (depth <= most) show(total, path)
          if (depth > 0) {
            sums[depth - 1] = (sums[depth - 1] ?? 0) + total
            sums[depth] = 0
          }
        },
      },
    )
    grand += sums[0] ?? 0
  }
  if (options.has('c')) show(grand, 'total')
}
