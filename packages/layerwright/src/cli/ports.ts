/** `-p` and `-P`: ports of this machine that lead to a container's. */
import { isIPv4, isIPv6 } from 'node:net'
import type { PublishedPort } from '@layerwright/executor'
import { UsageError } from './errors.js'

export interface PortFlags {
  readonly publish: readonly string[]
  readonly publishAll?: boolean
  readonly network?: 'host' | 'none' | 'private'
  readonly executor?: string
}

/** `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`; the two may be ranges. */
const FORM = /^(?:(?:(\[[0-9a-f:.]+\]|\d+(?:\.\d+){3}):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp))?$/i

/**
 * Reads all `-p`, each range port by port.
 * @throws UsageError also for what goes with no network at all
 */
export function readPorts({ publish, publishAll, network, executor }: PortFlags): PublishedPort[] {
  if (publish.length === 0 && !publishAll) return []
  const flag = publish.length > 0 ? `--publish ${publish[0]}` : '--publish-all'
  if (network === 'none') throw new UsageError(`${flag}: with --network none nothing can be reached`, 'leave one of them out')
  if (executor === 'shell') throw new UsageError(`${flag}: the simulated shell has no network`, 'use a real sandbox: --executor linux')
  return publish.flatMap(readPort)
}

function readPort(spec: string): PublishedPort[] {
  const [, written, host, container, protocol = 'tcp'] = FORM.exec(spec) ?? []
  const wrong = (why: string) =>
    new UsageError(`--publish ${spec}: ${why}`, 'write [ADDRESS:]HOST:CONTAINER[/udp], for example --publish 8080:80')
  if (container === undefined) throw wrong('not a port')
  const address = written?.replace(/^\[(.*)\]$/, '$1')
  if (address !== undefined && !isIPv4(address) && !isIPv6(address)) throw wrong(`${address} is no address`)
  const ports = rangeOf(container)
  const hosts = host === undefined ? ports.map(() => 0) : rangeOf(host)
  if (!ports.every((port) => port > 0 && port < 65536) || !hosts.every((port) => port < 65536) || ports.length === 0)
    throw wrong('ports go from 1 to 65535')
  if (hosts.length !== ports.length) throw wrong('the two ranges have different lengths')
  return ports.map((port, index) => ({
    ...(address === undefined ? {} : { address }),
    hostPort: hosts[index]!,
    port,
    protocol: protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp',
  }))
}

/** Longer ones are none of these: a list of them would fill memory. */
function rangeOf(text: string): number[] {
  const [first = 0, last = first] = text.split('-').map(Number)
  return last > 65535 ? [] : Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

/** `0.0.0.0:8080->80/tcp`, as `ps` shows it. */
export const showPort = (port: PublishedPort): string => `${showPlace(port)}->${port.port}/${port.protocol}`

/** `0.0.0.0:8080` */
export const showPlace = ({ address = '0.0.0.0', hostPort }: PublishedPort): string =>
  `${isIPv6(address) ? `[${address}]` : address}:${hostPort}`
