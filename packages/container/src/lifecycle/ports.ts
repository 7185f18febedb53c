import type { PublishedPort } from '@layerwright/executor'
import { dictionary } from '../config.js'
import type { ContainerConfig } from '../state/types.js'

/** `80/tcp`, as configurations and `inspect` name a port of a container. */
export const nameOf = ({ port, protocol }: PublishedPort): string => `${port}/${protocol}`

/** The ports to publish: those that were named, and with `all` every other one that the image exposes, on any port that is free. */
export function portsOf(config: ContainerConfig, named: readonly PublishedPort[], all: boolean): PublishedPort[] {
  if (!all) return [...named]
  const known = new Set(named.map(nameOf))
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap(readExposed)
  return [...named, ...exposed.filter((port) => !known.has(nameOf(port)))]
}

/** `80`, `80/tcp` or `8000-8003/udp` as EXPOSE leaves them; one of another protocol cannot be published. */
function readExposed(text: string): PublishedPort[] {
  const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/.exec(text) ?? []
  if (first === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return []
  const count = Math.max(0, Number(last) - Number(first) + 1)
  return Array.from({ length: count }, (_, index) => ({ hostPort: 0, port: Number(first) + index, protocol }))
}

/** What is published is exposed, as in the engines that this follows. */
export function withExposed(config: ContainerConfig, ports: readonly PublishedPort[]): ContainerConfig {
  if (ports.length === 0) return config
  const published = ports.map((port) => [nameOf(port), {}] as const)
  return { ...config, ExposedPorts: dictionary([...Object.entries(config.ExposedPorts ?? {}), ...published]) }
}
