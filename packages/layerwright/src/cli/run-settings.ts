/** Flags of `build` about what every RUN gets, in Docker's words. */
import { isIP } from 'node:net'
import type { Entitlement, RunSettings } from '@layerwright/build'
import { parseBytes } from '@layerwright/dockerfile'
import { type HostEntry, type Resources, type Ulimit, ulimitNames } from '@layerwright/executor'
import { UsageError } from './errors.js'

export interface RunFlags {
  readonly ssh: readonly string[]
  readonly addHost: readonly string[]
  readonly ulimit: readonly string[]
  readonly memory?: string
  readonly cpus?: string
  readonly shmSize?: string
  readonly network: 'default' | 'none' | 'host'
  readonly allow: readonly string[]
}

/** @throws UsageError */
export function readRunSettings(flags: RunFlags, environment: NodeJS.ProcessEnv): RunSettings {
  const extraHosts = flags.addHost.map(readHost)
  const resources = readResources(flags)
  return { ssh: new Map(flags.ssh.map((spec) => readAgent(spec, environment))), extraHosts, resources, network: flags.network }
}

/** @throws UsageError */
export function readResources(flags: Pick<RunFlags, 'ulimit' | 'memory' | 'cpus' | 'shmSize'>): Resources {
  return {
    ...(flags.ulimit.length === 0 ? {} : { ulimits: flags.ulimit.map(readUlimit) }),
    ...(flags.memory === undefined ? {} : { memoryBytes: readSize('memory', flags.memory) }),
    ...(flags.cpus === undefined ? {} : { cpus: readCpus(flags.cpus) }),
    ...(flags.shmSize === undefined ? {} : { shmBytes: readSize('shm-size', flags.shmSize) }),
  }
}

const ENTITLEMENTS = ['network.host', 'security.insecure'] satisfies Entitlement[]

/** Who types `--network host` has allowed it, as with Docker. @throws UsageError */
export function readEntitlements({ allow, network }: RunFlags): Set<Entitlement> {
  const allowed = new Set<Entitlement>(network === 'host' ? ['network.host'] : [])
  for (const name of allow) {
    const known = ENTITLEMENTS.find((each) => each === name)
    if (!known) throw new UsageError(`--allow ${name}: there is no such privilege`, `write --allow ${ENTITLEMENTS.join(' or --allow ')}`)
    allowed.add(known)
  }
  return allowed
}

/** `default`, `ID` or `ID=SOCKET`; without a socket the agent of this terminal. Keys are the agent's business. */
function readAgent(spec: string, environment: NodeJS.ProcessEnv): [id: string, socket: string] {
  const equals = spec.indexOf('=')
  const id = equals < 0 ? spec : spec.slice(0, equals)
  const socket = equals < 0 ? environment.SSH_AUTH_SOCK : spec.slice(equals + 1)
  if (id === '') throw new UsageError(`--ssh ${spec}: there is no id`, 'write --ssh default or --ssh default=SOCKET')
  if (!socket) throw new UsageError(`--ssh ${spec}: SSH_AUTH_SOCK is not set`, `start an agent, or write --ssh ${id}=SOCKET`)
  return [id, socket]
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`; the address may stand in brackets. */
export function readHost(spec: string): HostEntry {
  const [, name = '', written = ''] = /^([^:=]+)[:=](.+)$/.exec(spec) ?? []
  const address = written.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0)
    throw new UsageError(`--add-host ${spec}: there is no address`, 'write --add-host NAME:ADDRESS, with an IP address')
  return { name, address }
}

/** `NAME=SOFT[:HARD]`; -1 is no limit. */
function readUlimit(spec: string): Ulimit {
  const [, name = '', softText = '', hardText = softText] = /^([a-z]+)=(-1|[0-9]+)(?::(-1|[0-9]+))?$/.exec(spec) ?? []
  const [soft, hard] = [Number(softText), Number(hardText)]
  if (!ulimitNames.has(name))
    throw new UsageError(`--ulimit ${spec}: not a limit`, `write NAME=SOFT[:HARD]; names are ${[...ulimitNames].join(', ')}`)
  if (hard !== -1 && (soft > hard || soft === -1))
    throw new UsageError(`--ulimit ${spec}: the soft limit is above the hard one`, 'write the smaller one first')
  return { name, soft, hard }
}

function readSize(flag: string, text: string): number {
  const bytes = parseBytes(text)
  if (bytes === undefined || bytes <= 0)
    throw new UsageError(`--${flag} ${text}: not a size`, `write a number with a unit, for example --${flag} 512m`)
  return bytes
}

function readCpus(text: string): number {
  const cpus = Number(text)
  // A hundredth is what the kernel can give out at least.
  if (!(cpus >= 0.01)) throw new UsageError(`--cpus ${text}: not a number of processors`, 'write for example --cpus 1.5')
  return cpus
}
