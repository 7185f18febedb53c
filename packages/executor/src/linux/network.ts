/**
 * The network of a command. One of its own is a namespace with one interface, behind which a helper of this machine stands: `pasta`, or `slirp4netns`. Both are
 * ordinary programs that hold connections for it, so no rights are needed but those that the sandbox has anyway. The helper lives among the wrapper's
 * processes and goes with them.
 */
import { accessSync, constants, readFileSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'
import { NetworkUnavailableError, RunOptionUnsupportedError } from '../errors.js'
import type { ExecRequest, PublishedPort } from '../types.js'
import type { LinuxProblem } from './detect.js'
import { findProgram, runTool } from './gate.js'
import { type Ids, isRootless } from './ids.js'
import { choosePorts, forwardPort } from './ports.js'

export type HelperName = 'pasta' | 'slirp4netns'

/** A helper and where it is. */
export interface Helper {
  readonly name: HelperName
  readonly program: string
}

export interface NetworkPlan {
  readonly kind: 'none' | 'host' | 'private'
  /** Those that can be tried, the preferred one first. */
  readonly helpers: readonly Helper[]
  readonly ports: readonly PublishedPort[]
}

/** A network that is to be made. */
export interface Connection {
  readonly helper: Helper
  /** All with numbers. */
  readonly ports: readonly PublishedPort[]
}

/** How a start with a connection ended: the command's exit code, or why there is no network. */
export type Outcome = { readonly exitCode: number } | { readonly noNetwork: string }

const PACKAGES: readonly (readonly [HelperName, string])[] = [
  ['pasta', 'passt'],
  ['slirp4netns', 'slirp4netns'],
]

/** Where the name server of the helper is, for a machine whose own ones are on its loopback. slirp4netns has it there by itself. */
const FORWARDED_DNS = '10.0.2.3'
/** The command's address behind slirp4netns. */
const GUEST = '10.0.2.100'
/** The socket on which slirp4netns takes requests, in the run's folder. */
export const SOCKET = 'net.sock'

/**
 * Which helpers there are, or what is missing for one.
 * @param datagrams whether they have to publish UDP ports
 */
export function findHelpers(datagrams = false): { readonly helpers: readonly Helper[]; readonly problems: readonly LinuxProblem[] } {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : 'cannot be opened by this user'
    const remedy = 'load the module tun, or give the device to the container that this runs in (--device /dev/net/tun)'
    return { helpers: [], problems: [{ what: `the device /dev/net/tun ${why}`, remedy }] }
  }
  const helpers = PACKAGES.flatMap(([name]) => {
    const program = findProgram(name)
    return program === undefined ? [] : [{ name, program }]
  })
  const able = datagrams ? helpers.filter(({ name, program }) => name !== 'pasta' || answersDatagrams(program)) : helpers
  if (able.length > 0) return { helpers: able, problems: [] }
  if (helpers.length > 0) return { helpers: [], problems: [{ what: LOSES_ANSWERS, remedy: 'install slirp4netns, or a newer passt' }] }
  const [first, second] = PACKAGES.map(([, debianPackage]) => debianPackage)
  return { helpers, problems: [{ what: 'neither pasta nor slirp4netns is installed', remedy: `install ${first} or ${second}` }] }
}

const LOSES_ANSWERS = 'this pasta is from before July 2024 and loses the answers of published UDP ports'

/** Measured with the version of March 2023: answers come back only where both numbers are equal and the machine's loopback is open to the command. */
function answersDatagrams(program: string): boolean {
  const [, year, month] = /(20\d\d)_?(\d\d)_?\d\d/.exec(runTool([program, '--version'])) ?? []
  return year !== undefined && Number(`${year}${month}`) > 202407
}

/**
 * Which network a command gets. Ports lead to a network of its own. Where no such network can be made, a command that did not ask for one is left in that of the machine if its ports
 * are the same there.
 * @throws NetworkUnavailableError with all that is missing; RunOptionUnsupportedError for a mapping that the asked network cannot have
 */
export function planNetwork({ network = 'default', ports = [] }: Pick<ExecRequest, 'network' | 'ports'>): NetworkPlan {
  if (network === 'none' && ports.length > 0) throw new RunOptionUnsupportedError('ports', 'a command without a network has none')
  if (network === 'none') return { kind: 'none', helpers: [], ports }
  const mapped = ports.find((port) => !isSame(port))
  if (network === 'host' && mapped)
    throw new RunOptionUnsupportedError(
      'ports',
      `in the network of this machine port ${mapped.port} is port ${mapped.port}, on every address`,
    )
  if (network === 'host' || (network === 'default' && ports.length === 0)) return { kind: 'host', helpers: [], ports: ports.map(asItIs) }
  const { helpers, problems } = findHelpers(ports.some(({ protocol }) => protocol === 'udp'))
  if (helpers.length > 0) return { kind: 'private', helpers, ports }
  if (network === 'default' && !mapped) return { kind: 'host', helpers, ports: ports.map(asItIs) }
  throw new NetworkUnavailableError(problems)
}

/** Whether the machine's network has the port as it is wanted. */
const isSame = ({ address, hostPort, port }: PublishedPort): boolean =>
  (address === undefined || address === '0.0.0.0') && (hostPort === port || hostPort === 0)
const asItIs = (port: PublishedPort): PublishedPort => ({ ...port, hostPort: port.port })

/** Starts with one helper after the other: who is behind a port that was free a moment ago is found out when it is taken. */
const ATTEMPTS = 3

/**
 * Starts a command in its network.
 * @param again whether a start that came to nothing can be made again
 * @throws PortUnavailableError, NetworkUnavailableError
 */
export async function startConnected(
  { kind, helpers, ports }: NetworkPlan,
  again: boolean,
  start: (connection: Connection | undefined) => Promise<Outcome>,
): Promise<number> {
  const problems: LinuxProblem[] = []
  const tries = kind === 'private' ? (again ? helpers : helpers.slice(0, 1)) : [undefined]
  for (const helper of tries) {
    for (let attempt = 1; ; attempt++) {
      const chosen = helper ? await choosePorts(ports) : []
      const outcome = await start(helper && { helper, ports: chosen })
      if ('exitCode' in outcome) return outcome.exitCode
      if (again && attempt < ATTEMPTS && (await areTaken(chosen))) continue
      const remedy = 'see what it says, or run in the network of this machine (--network host)'
      problems.push({ what: `${helper?.name} could not connect the command: ${outcome.noNetwork}`, remedy })
      break
    }
  }
  throw new NetworkUnavailableError(problems)
}

const areTaken = (ports: readonly PublishedPort[]): Promise<boolean> =>
  choosePorts(ports).then(
    () => false,
    () => true,
  )

/** Options of the helper: words without blanks, made of numbers and addresses. */
export function helperOptions({ helper, ports }: Connection, ids: Ids): string {
  if (helper.name === 'slirp4netns') {
    const options = ['--configure', '--mtu=65520', `--api-socket=${SOCKET}`, '--ready-fd=8']
    // What listens on this machine's loopback is not for the command. But who sends a datagram from there gets no answer then.
    const loopback = ports.some(({ protocol }) => protocol === 'udp') ? [] : ['--disable-host-loopback']
    return [...options, ...loopback, '--netns-type=path', './n/net', 'tap0'].join(' ')
  }
  const of = (protocol: PublishedPort['protocol']) => {
    const specs = ports.filter((port) => port.protocol === protocol)
    const flag = protocol === 'tcp' ? '-t' : '-u'
    if (specs.length === 0) return [flag, 'none']
    return specs.flatMap(({ address, hostPort, port }) => [flag, `${address === undefined ? '' : `${address}/`}${hostPort}:${port}`])
  }
  return [
    // Ready when it has written its number there.
    ...['--config-net', '--foreground', '--quiet', '--pid', 'n/ready'],
    // Started as root it becomes nobody, who may not enter the namespace: it gives its rights up but for three, and shuts itself in.
    ...(isRootless(ids) ? [] : ['--runas', '0']),
    // What listens on this machine's loopback is not for the command.
    ...['--no-map-gw', '-T', 'none', '-U', 'none', '--dns-forward', FORWARDED_DNS],
    ...of('tcp'),
    ...of('udp'),
    ...['--no-netns-quit', '--netns', './n/net'],
  ].join(' ')
}

/** Whether ports are asked for when the helper runs already. */
export const asksForPorts = ({ helper, ports }: Connection): boolean => helper.name === 'slirp4netns' && ports.length > 0

/** Asks for them. @returns why one cannot be had */
export async function forwardPorts({ ports }: Connection, folder: string): Promise<string | undefined> {
  for (const port of ports) {
    const why = await forwardPort(folder, SOCKET, GUEST, port)
    if (why !== undefined) return why
  }
  return undefined
}

/** What a helper complained of, without what it says to nobody. */
export const complaint = (log: string): string =>
  log
    .split('\n')
    .filter((line) => line.trim() !== '' && !/syslog|^(?:sent|received) tapfd/.test(line))
    .join('; ')

/** The name servers of a network, as /etc/resolv.conf has them. Those on the machine's loopback are asked by way of the helper. */
export function resolvConf(kind: NetworkPlan['kind']): string {
  if (kind === 'none') return ''
  const text = hostResolvConf()
  if (kind === 'host') return text
  const lines = text.split('\n').flatMap((line) => {
    const server = /^\s*nameserver\s+(\S+)/.exec(line)?.[1]
    return server !== undefined && isLoopback(server) ? [] : [line]
  })
  const serves = lines.some((line) => /^\s*nameserver\s/.test(line))
  return serves ? lines.join('\n') : [`nameserver ${FORWARDED_DNS}`, ...lines].join('\n')
}

const isLoopback = (address: string): boolean =>
  isIPv4(address) ? address.split('.')[0] === '127' : isIPv6(address.split('%')[0] ?? '') && /^(?:0*:)*:?0*1$/.test(address)

function hostResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    // A machine without name servers has containers without them.
    return ''
  }
}
