/** `-p` and `-P`: what can be published where containers have the network of this machine. */
import { UsageError } from './errors.js'

export interface PortFlags {
  readonly publish: readonly string[]
  readonly publishAll?: boolean
  readonly network?: 'host' | 'none'
  readonly executor?: string
}

/** `[IP:]HOST:CONTAINER[/PROTOCOL]`; the two may be ranges. */
const FORM = /^(?:(?:(\[[0-9a-f:.]+\]|\d+(?:\.\d+){3}):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(?:tcp|udp|sctp))?$/i

/**
 * Looks whether the ports are published by being there: in the network of the machine a container's port is the machine's port of that number, on the addresses that the program chooses.
 * @throws UsageError for every other mapping
 */
export function checkPorts({ publish, publishAll, network, executor }: PortFlags): void {
  if (publish.length === 0 && !publishAll) return
  const flag = publish.length > 0 ? `--publish ${publish[0]}` : '--publish-all'
  if (network === 'none') throw new UsageError(`${flag}: with --network none nothing can be reached`, 'leave one of them out')
  if (executor === 'shell') throw new UsageError(`${flag}: the simulated shell has no network`, 'use a real sandbox: --executor linux')
  for (const spec of publish) {
    const [, address = '', host, container] = FORM.exec(spec) ?? []
    if (container === undefined)
      throw new UsageError(`--publish ${spec}: not a port`, 'write HOST:CONTAINER, for example --publish 8080:8080')
    const there = `a container has the network of this machine, where its port ${container} is port ${container}`
    if (host !== container)
      throw new UsageError(
        `--publish ${spec}: ${there}`,
        `publish ${container}:${container}, or let its program listen on ${host ?? 'another'} and publish that`,
      )
    if (address !== '' && address !== '0.0.0.0')
      throw new UsageError(
        `--publish ${spec}: ${there}, on the addresses that its program listens on`,
        `let it listen on ${address}, and publish ${host}:${container}`,
      )
  }
}
