import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { parseStamp } from '../text/dates.js'
import { parseDate } from '../text/parse-date.js'
import type { Command } from './types.js'

export const touch: Command = (call) => {
  const options = parseOptions(call, 'acd:fhmr:t:', { 'no-create': 'c', date: 'd:', 'no-dereference': 'h', reference: 'r:', time: 'time:' })
  if (options.operands.length === 0) throw new CommandFailure('missing file operand')
  const now = call.process.run.scheduler.now()
  const nofollow = options.has('h')
  let time: bigint | undefined
  const reference = options.value('r')
  if (reference !== undefined) {
    try {
      time = (nofollow ? call.fs.lstat(call.path(reference)) : call.fs.stat(call.path(reference))).mtimeNs
    } catch (error) {
      throw new CommandFailure(`failed to get attributes of '${reference}': ${strerror(error)}`)
    }
  }
  const date = options.value('d')
  const stamp = options.value('t')
  if (date !== undefined || stamp !== undefined) {
    const base = time === undefined ? now : Number(time / 1_000_000n)
    const ms = stamp === undefined ? parseDate(date!, base) : parseStamp(stamp, now)
    if (ms === undefined) throw new CommandFailure(`invalid date format '${stamp ?? date}'`)
    time = BigInt(Math.round(ms * 1000)) * 1000n
  }
  const accessOnly = (options.has('a') || /^(?:atime|access|use)$/.test(options.value('time') ?? '')) && !options.has('m')
  for (const operand of options.operands) {
    try {
      if (operand === '-') continue
      const path = call.path(operand)
      if (!call.fs.find(path, !nofollow)) {
        if (options.has('c') || nofollow) {
          if (nofollow && !options.has('c')) throw Object.assign(new Error(), { code: 'ENOENT' })
          continue
        }
        if (operand.endsWith('/')) throw Object.assign(new Error(), { code: 'ENOENT' })
        call.fs.create(path, { keep: true }).release()
        if (time === undefined) continue
      }
      if (!accessOnly) call.fs.utimes(path, time ?? call.fs.nowNs(), { nofollow, explicit: time !== undefined })
    } catch (error) {
      call.fail(`${nofollow ? 'setting times of' : 'cannot touch'} '${operand}': ${strerror(error)}`)
    }
  }
}
