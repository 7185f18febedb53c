import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { formatDate } from '../text/dates.js'
import { parseDate } from '../text/parse-date.js'
import type { Command } from './types.js'

export const date: Command = (call) => {
  const options = parseOptions(call, 'd:f:I::r:Rs:u', {
    date: 'd:',
    'iso-8601': 'I::',
    reference: 'r:',
    'rfc-email': 'R',
    'rfc-3339': '3339:',
    set: 's:',
    utc: 'u',
    universal: 'u',
    debug: 'debug',
  })
  if (options.has('s')) throw new CommandFailure('cannot set date: Operation not permitted')
  if (options.has('f')) throw new NotSimulated('-f is not simulated')
  const format = options.operands.find((operand) => operand.startsWith('+'))
  const other = options.operands.find((operand) => !operand.startsWith('+'))
  if (other !== undefined) throw new CommandFailure(`invalid date '${other}'`)
  const now = call.process.run.scheduler.now()
  let ms: number | undefined = now
  let nanoseconds = Math.floor((now % 1000) * 1e6)
  const reference = options.value('r')
  if (reference !== undefined) {
    try {
      const { mtimeNs } = call.fs.stat(call.path(reference))
      nanoseconds = Number(((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
      ms = Number(mtimeNs / 1_000_000n)
    } catch (error) {
      throw new CommandFailure(`${reference}: ${strerror(error)}`)
    }
  }
  const text = options.value('d')
  if (text !== undefined) {
    ms = parseDate(text, now)
    if (ms === undefined) throw new CommandFailure(`invalid date '${text}'`)
    nanoseconds = Math.round((((ms % 1000) + 1000) % 1000) * 1e6)
  }
  const iso = {
    date: '%Y-%m-%d',
    hours: '%Y-%m-%dT%H%:z',
    minutes: '%Y-%m-%dT%H:%M%:z',
    seconds: '%Y-%m-%dT%H:%M:%S%:z',
    ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
  } as const
  const rfc = { date: '%Y-%m-%d', seconds: '%Y-%m-%d %H:%M:%S%:z', ns: '%Y-%m-%d %H:%M:%S.%N%:z' } as const
  const named = options.has('I')
    ? iso[(options.value('I') || 'date') as keyof typeof iso]
    : options.has('R')
      ? '%a, %d %b %Y %H:%M:%S %z'
      : options.has('3339')
        ? rfc[options.value('3339') as keyof typeof rfc]
        : undefined
  call.out(`${formatDate(format?.slice(1) ?? named ?? '%a %b %e %H:%M:%S %Z %Y', ms, nanoseconds)}\n`)
}
