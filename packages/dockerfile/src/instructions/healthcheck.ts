import type { DockerfileNode } from '../parse/types.js'
import { goQuote } from '../text/go-quote.js'
import { atLeastOneArgument, fault } from './faults.js'
import { type Flags, readFlags } from './flags.js'
import { healthcheckFlags } from './known-flags.js'
import { parseDuration, parseInt32 } from './numbers.js'
import { baseOf, textArguments } from './request.js'
import type { HealthcheckInstruction } from './types.js'

const shortest = 1_000_000n

function readInterval(flags: Flags, name: string): number {
  const text = flags.text(name)
  if (text === '') return 0
  const duration = parseDuration(text)
  if (typeof duration !== 'bigint') {
    throw fault('BAD_DURATION', duration.message, 'Write a number with a unit, for example 30s, 1m30s or 500ms.')
  }
  if (duration === 0n) return 0
  if (duration < shortest) {
    throw fault('BAD_DURATION', `Interval ${goQuote(name)} cannot be less than 1ms`, `Give --${name} at least 1ms, or 0 for the default.`)
  }
  return Number(duration)
}

function readRetries(flags: Flags): number {
  const text = flags.text('retries')
  if (text === '') return 0
  const retries = parseInt32(text)
  if (typeof retries !== 'number') throw fault('INVALID_FLAG_VALUE', retries.message, 'Write --retries as a whole number.')
  if (retries < 0) throw fault('INVALID_FLAG_VALUE', `--retries cannot be negative (${retries})`, 'Write a number from 0 up.')
  return retries
}

/** `NONE` takes no notice of flags, as in the reference. */
export function readHealthcheck(node: DockerfileNode): HealthcheckInstruction {
  const [type, ...command] = textArguments(node)
  if (type === undefined) throw atLeastOneArgument('HEALTHCHECK')
  const kind = type.toUpperCase()
  const base = { name: 'HEALTHCHECK' as const, ...baseOf(node) }
  if (kind === 'NONE') {
    if (command.length > 0) throw fault('TOO_MANY_ARGUMENTS', 'HEALTHCHECK NONE takes no arguments', 'Remove what stands behind NONE.')
    return { ...base, test: ['NONE'], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, startIntervalNs: 0, retries: 0 }
  }
  const flags = readFlags(node.flags, healthcheckFlags)
  if (kind !== 'CMD') {
    throw fault(
      'BAD_HEALTHCHECK',
      `Unknown type ${goQuote(kind)} in HEALTHCHECK (try CMD)`,
      'Write HEALTHCHECK CMD command, or HEALTHCHECK NONE.',
    )
  }
  if (command.length === 0) {
    throw fault(
      'MISSING_ARGUMENTS',
      'Missing command after HEALTHCHECK CMD',
      'Write the command that tells whether the container is healthy.',
    )
  }
  return {
    ...base,
    test: [node.json ? 'CMD' : 'CMD-SHELL', ...command],
    intervalNs: readInterval(flags, 'interval'),
    timeoutNs: readInterval(flags, 'timeout'),
    startPeriodNs: readInterval(flags, 'start-period'),
    startIntervalNs: readInterval(flags, 'start-interval'),
    retries: readRetries(flags),
  }
}
