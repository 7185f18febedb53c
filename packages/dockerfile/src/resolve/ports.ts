import type { LintReporter } from '../lint/reporter.js'
import { rules } from '../lint/rules.js'
import type { LineRange } from '../parse/types.js'
import { goQuote } from '../text/go-quote.js'
import { fault } from './errors.js'

const HINT = 'write a port or a range, for example 80, 53/udp or 8000-8010'

const bad = (message: string) => fault('BAD_PORT', message, HINT)

/** `[ip:][host:]container` taken apart; an address may have colons of its own. */
function parts(port: string): [ip: string, host: string, container: string] {
  const all = port.split(':')
  if (all.length < 3) return ['', all.length === 2 ? all[0]! : '', all.at(-1)!]
  return [all.slice(0, -2).join(':'), all.at(-2)!, all.at(-1)!]
}

/** First and last port, or undefined for a text that is no range of 16-bit numbers. */
function range(text: string): [first: number, last: number] | undefined {
  const numbers = text.split('-')
  if (numbers.length > 2 || !numbers.every((number) => /^\+?[0-9]+$/.test(number) && Number(number) <= 65535)) return undefined
  const first = Number(numbers[0])
  const last = Number(numbers.at(-1))
  return last < first ? undefined : [first, last]
}

function isAddress(text: string): boolean {
  const numbers = text.split('.')
  if (numbers.length === 4 && numbers.every((number) => /^(?:0|[1-9][0-9]{0,2})$/.test(number) && Number(number) <= 255)) return true
  if (!/^[0-9A-Fa-f:.]+$/.test(text) || !text.includes(':')) return false
  // What may stand in brackets of a URL is an IPv6 address, and the parser of URLs knows how they are written.
  return URL.canParse(`http://[${text}]/`)
}

function checkAddress(written: string): void {
  let address = written
  if (written.startsWith('[')) {
    const end = written.indexOf(']')
    const rest = end < 0 ? '' : written.slice(end + 1)
    if (end < 0) throw bad(`invalid IP address ${written}: address ${written}:: missing ']' in address`)
    if (rest !== '')
      throw bad(`invalid IP address ${written}: address ${written}:: ${rest.includes(':') ? 'too many colons' : 'missing port'} in address`)
    address = written.slice(1, end)
  }
  if (address !== '' && !isAddress(address)) throw bad(`invalid IP address: ${address}`)
}

function portsOf(written: string, place: LineRange, lint: LintReporter): string[] {
  const [ip, host, rest] = parts(written)
  const slash = rest.indexOf('/')
  const container = slash < 0 ? rest : rest.slice(0, slash)
  const given = slash < 0 ? '' : rest.slice(slash + 1)
  if (container === '') throw bad(`invalid port: ${goQuote(written)}: no port specified`)
  const protocol = given === '' ? 'tcp' : given.toLowerCase()
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw bad(`invalid port: ${goQuote(written)}: invalid proto: ${given}`)
  if (given !== '' && given !== protocol) lint.report(rules.exposeProtoCasing, place, written)
  if (ip !== '' || host !== '') lint.report(rules.exposeInvalidFormat, place, written)
  checkAddress(ip)
  const wanted = range(container)
  if (!wanted) throw bad(`invalid containerPort: ${container}`)
  const mapped = host === '' ? undefined : range(host)
  if (host !== '' && !mapped) throw bad(`invalid hostPort: ${host}`)
  const [first, last] = wanted
  if (mapped && last - first !== mapped[1] - mapped[0] && last !== first) {
    throw bad(`invalid ranges specified for container and host Ports: ${container} and ${host}`)
  }
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol}`)
}

/**
 * The ports of EXPOSE as `number/protocol`, ranges spelled out. An address or host port in front is checked, reported and dropped.
 * @throws ResolutionFault `BAD_PORT`
 */
export function exposedPorts(written: readonly string[], place: LineRange, lint: LintReporter): string[] {
  return written.flatMap((port) => portsOf(port, place, lint))
}
