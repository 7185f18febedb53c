import { CommandFailure } from '../failure.js'
import { FileHandle } from '../system/file-handle.js'
import { strerror } from '../system/strerror.js'
import { parseSize } from '../text/lines.js'
import type { Command } from './types.js'

export const dd: Command = async (call) => {
  const values = new Map<string, string>()
  for (const arg of call.args) {
    const equals = arg.indexOf('=')
    if (!/^(?:if|of|bs|ibs|obs|cbs|count|skip|seek|conv|iflag|oflag|status)=/.test(arg))
      throw new CommandFailure(`unrecognized operand '${arg}'`)
    values.set(arg.slice(0, equals), arg.slice(equals + 1))
  }
  const size = (name: string, fallback: number) => {
    const text = values.get(name)
    const parsed =
      text === undefined
        ? fallback
        : text
            .split('x')
            .reduce<number | undefined>(
              (product, part) => (product === undefined ? undefined : (parseSize(part) ?? Number.NaN) * product),
              1,
            )
    if (parsed === undefined || Number.isNaN(parsed)) throw new CommandFailure(`invalid number: '${text}'`)
    return parsed
  }
  const bs = size('bs', 0)
  const ibs = bs || size('ibs', 512)
  const obs = bs || size('obs', 512)
  const count = values.has('count') ? size('count', 0) : Infinity
  const conversions = (values.get('conv') ?? '').split(',').filter((each) => each !== '')
  const unknown = conversions.find(
    (each) => !['notrunc', 'noerror', 'sync', 'fsync', 'fdatasync', 'ucase', 'lcase', 'excl', 'nocreat', 'swab', 'sparse'].includes(each),
  )
  if (unknown !== undefined) throw new CommandFailure(`invalid conversion: '${unknown}'`)
  const { task } = call.process
  const open = (name: 'if' | 'of') => {
    const path = values.get(name)
    if (path === undefined) return call.process.fds.need(name === 'if' ? 0 : 1).hold()
    try {
      if (name === 'if') return call.open(path)
      return call.create(path, { keep: true, exclusive: conversions.includes('excl') })
    } catch (error) {
      throw new CommandFailure(`failed to open '${path}': ${strerror(error)}`)
    }
  }
  const input = open('if')
  const output = open('of')
  const [full, partial, written] = [[0, 0], [0, 0], { bytes: 0 }] as [[number, number], [number, number], { bytes: number }]
  try {
    const seek = size('seek', 0) * (values.get('oflag')?.includes('seek_bytes') ? 1 : obs)
    if (output instanceof FileHandle && values.has('of')) {
      if (!conversions.includes('notrunc')) call.fs.truncate(call.path(values.get('of')!), seek)
      output.seek(seek)
    }
    let skip = size('skip', 0) * (values.get('iflag')?.includes('skip_bytes') ? 1 : ibs)
    if (skip > 0 && input instanceof FileHandle) input.seek(skip)
    else
      while (skip > 0) {
        const bytes = await input.read(task, skip)
        if (!bytes) break
        skip -= bytes.length
      }
    const countBytes = values.get('iflag')?.includes('count_bytes') ?? false
    let left = countBytes ? count : Infinity
    for (let blocks = 0; countBytes ? left > 0 : blocks < count; blocks++) {
      const block = await readBlock(Math.min(ibs, left))
      if (!block) break
      left -= block.length
      const slot = block.length === ibs ? 0 : 1
      full[slot]!++
      let shown = block
      if (conversions.includes('sync') && block.length < ibs) {
        shown = new Uint8Array(ibs)
        shown.set(block)
      }
      if (conversions.includes('ucase')) shown = shown.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte))
      if (conversions.includes('lcase')) shown = shown.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))
      if (conversions.includes('swab')) shown = shown.map((_, at, all) => all[at ^ 1] ?? all[at]!)
      await output.write(task, shown)
      written.bytes += shown.length
      await call.step()
    }
    partial[0] = Math.floor(written.bytes / obs)
    partial[1] = written.bytes % obs > 0 ? 1 : 0
  } finally {
    input.release()
    output.release()
  }
  if (values.get('status') === 'none') return
  const lines = [`${full[0]}+${full[1]} records in`, `${partial[0]}+${partial[1]} records out`]
  if (values.get('status') !== 'noxfer') lines.push(`${written.bytes} bytes copied, 0 s, 0 kB/s`)
  await call.write(new TextEncoder().encode(`${lines.join('\n')}\n`), 2)

  async function readBlock(wanted: number): Promise<Uint8Array | undefined> {
    // prefix-ok: a label of a device
    const fullBlock = values.get('iflag')?.includes('fullblock') || input instanceof FileHandle || input.name.startsWith('/dev/')
    const block = new Uint8Array(wanted)
    let at = 0
    while (at < wanted) {
      const bytes = await input.read(task, wanted - at)
      if (!bytes) break
      block.set(bytes, at)
      at += bytes.length
      if (!fullBlock) break
    }
    return at === 0 ? undefined : block.subarray(0, at)
  }
}
