/** The description of a container that OCI runtimes take (runtime-spec, config.md). */
import type { Resources, Ulimit } from '../types.js'
import type { Identity } from '../users.js'
import { CAPABILITIES, everyCapability } from './capabilities.js'
import { type Ids, isRootless } from './ids.js'
import { MASKED, READ_ONLY } from './kernel-files.js'
import type { RuntimeMount } from './mounts.js'
import type { NetworkPlan } from './network.js'
import { controlGroup } from './run-folder.js'
import { seccompFilter } from './seccomp.js'

/** Where nothing else keeps a command from devices, it can make no nodes of them. */
const WITHOUT_DEVICES = CAPABILITIES.filter((name) => name !== 'CAP_MKNOD')

export interface ContainerSpec {
  readonly id: string
  readonly argv: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly cwd: string
  readonly identity: Identity
  readonly hostname: string
  readonly network: NetworkPlan['kind']
  readonly mounts: readonly RuntimeMount[]
  readonly readonlyRoot: boolean
  readonly ids: Ids
  readonly insecure: boolean
  /** The environment holds secrets: the bundle and the runtime's state lie in memory. */
  readonly secretEnv: boolean
  readonly resources: Resources
  readonly terminal: boolean
  /** It runs under a tracer. */
  readonly traced: boolean
  /** Folder of the run, absolute. */
  readonly folder: string
}

/** One command in a container. */
export type ProcessSpec = Pick<ContainerSpec, 'argv' | 'env' | 'cwd' | 'identity' | 'ids' | 'insecure' | 'resources' | 'terminal'>

function processOf(spec: ProcessSpec, controlled: boolean): unknown {
  const { identity } = spec
  const root = identity.uid === 0
  const sets = root ? ['bounding', 'effective', 'permitted'] : ['bounding']
  const capabilities = spec.insecure ? everyCapability(isRootless(spec.ids)) : controlled ? CAPABILITIES : WITHOUT_DEVICES
  return {
    terminal: spec.terminal,
    user: { uid: identity.uid, gid: identity.gid, additionalGids: identity.groups, umask: 0o022 },
    args: spec.argv,
    env: [...spec.env].map(([name, value]) => `${name}=${value}`),
    cwd: spec.cwd,
    capabilities: Object.fromEntries(sets.map((set) => [set, capabilities])),
    rlimits: (spec.resources.ulimits ?? []).map(rlimit),
    noNewPrivileges: false,
  }
}

function runtimeSpec(spec: ContainerSpec, controlled: boolean): unknown {
  const separate = ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type }))
  const network = { none: [{ type: 'network' }], host: [], private: [{ type: 'network', path: `${spec.folder}/n/net` }] }
  return {
    ociVersion: '1.0.2',
    process: processOf(spec, controlled),
    root: { path: `${spec.folder}/root`, readonly: spec.readonlyRoot },
    hostname: spec.hostname,
    mounts: [...kernelMounts(spec), ...spec.mounts.map((mount) => bindOf(mount, spec.folder, controlled || spec.insecure))],
    linux: {
      // Without the rights to make one runc goes on only where none is asked for.
      ...(isRootless(spec.ids) ? {} : { cgroupsPath: `/${controlGroup(spec.id)}` }),
      namespaces: [...separate, ...network[spec.network]],
      ...(spec.insecure ? {} : { maskedPaths: MASKED, readonlyPaths: READ_ONLY }),
      ...(spec.insecure && !spec.traced ? {} : { seccomp: seccompFilter(spec) }),
      ...(isRootless(spec.ids) ? {} : { resources: resourcesOf(spec) }),
    },
  }
}

const rlimit = ({ name, soft, hard }: Ulimit): unknown => ({ type: `RLIMIT_${name.toUpperCase()}`, soft: bound(soft), hard: bound(hard) })

/** No limit is the largest number of 64 bits, which is none of JavaScript's: see `specText`. */
const bound = (value: number): number | string => (value < 0 ? UNLIMITED : value)
const UNLIMITED = '@unlimited'

/** The description as the file that runtimes read. `controlled`: control groups say which devices can be opened. */
export const specText = (spec: ContainerSpec, controlled: boolean): string => textOf(runtimeSpec(spec, controlled))

/** A further command for a container that runs. */
export const processText = (spec: ProcessSpec, controlled: boolean): string => textOf(processOf(spec, controlled))

const textOf = (value: unknown): string => JSON.stringify(value).replaceAll(`"${UNLIMITED}"`, String(2n ** 64n - 1n))

/** Time is given out in tenths of a second. */
const PERIOD_US = 100_000

function resourcesOf({ insecure, resources: { memoryBytes, cpus } }: ContainerSpec): unknown {
  return {
    devices: insecure ? [{ allow: true, access: 'rwm' }] : DEVICES,
    ...(memoryBytes === undefined ? {} : { memory: { limit: memoryBytes } }),
    ...(cpus === undefined ? {} : { cpu: { period: PERIOD_US, quota: Math.round(cpus * PERIOD_US) } }),
  }
}

/** Devices that a command may use; it may make nodes of any. */
const DEVICES = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...[
    [1, 3],
    [1, 5],
    [1, 7],
    [1, 8],
    [1, 9],
    [5, 0],
    [5, 1],
    [5, 2],
  ].map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
]

function kernelMounts({ network, ids, insecure, resources }: ContainerSpec): unknown[] {
  const devpts = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...(ids.kind === 'one' ? [] : ['gid=5'])]
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: devpts },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmBytes(resources)}`],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    // The kernel shows sysfs only to who owns the network namespace.
    isRootless(ids) && network === 'host'
      ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', insecure ? 'rw' : 'ro'] },
  ]
}

export const shmBytes = ({ shmBytes = 64 * 1024 * 1024 }: Resources): number => shmBytes

const bindOf = ({ target, source, readonly, noexec, harmless = false }: RuntimeMount, folder: string, devices: boolean): unknown => ({
  destination: target,
  type: 'bind',
  source: `${folder}/${source}`,
  options: [
    ...['rbind', 'rprivate', readonly ? 'ro' : 'rw', ...(noexec ? ['noexec'] : [])],
    ...(harmless ? ['nosuid', 'nodev'] : devices ? [] : ['nodev']),
  ],
})
