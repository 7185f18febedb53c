/** The description of a container that OCI runtimes take (runtime-spec, config.md). */
import type { Identity } from '../users.js'
import { type Ids, isRootless } from './ids.js'
import type { RuntimeMount } from './mounts.js'
import { controlGroup } from './run-folder.js'

/** What container engines leave to uid 0. */
export const CAPABILITIES = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
]

/** What of /proc and /sys tells of the machine or changes it. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export interface ContainerSpec {
  readonly id: string
  readonly argv: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly cwd: string
  readonly identity: Identity
  readonly hostname: string
  readonly network: 'none' | 'host'
  readonly mounts: readonly RuntimeMount[]
  readonly readonlyRoot: boolean
  readonly ids: Ids
  /** Folder of the run, absolute. */
  readonly folder: string
}

export function runtimeSpec(spec: ContainerSpec): unknown {
  const { identity } = spec
  const root = identity.uid === 0
  const sets = root ? ['bounding', 'effective', 'permitted'] : ['bounding']
  const separate = ['pid', 'ipc', 'uts', 'mount', ...(spec.network === 'none' ? ['network'] : [])]
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: identity.uid, gid: identity.gid, additionalGids: identity.groups, umask: 0o022 },
      args: spec.argv,
      env: [...spec.env].map(([name, value]) => `${name}=${value}`),
      cwd: spec.cwd,
      capabilities: Object.fromEntries(sets.map((set) => [set, CAPABILITIES])),
      noNewPrivileges: false,
    },
    root: { path: `${spec.folder}/root`, readonly: spec.readonlyRoot },
    hostname: spec.hostname,
    mounts: [...kernelMounts(spec), ...spec.mounts.map((mount) => bindOf(mount, spec.folder))],
    linux: {
      // Without the rights to make one runc goes on only where none is asked for.
      ...(isRootless(spec.ids) ? {} : { cgroupsPath: `/${controlGroup(spec.id)}` }),
      namespaces: separate.map((type) => ({ type })),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      ...(isRootless(spec.ids) ? {} : { resources: { devices: DEVICES } }),
    },
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

function kernelMounts({ network, ids }: ContainerSpec): unknown[] {
  const devpts = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...(ids.kind === 'one' ? [] : ['gid=5'])]
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: devpts },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    // The kernel shows sysfs only to who owns the network namespace.
    isRootless(ids) && network === 'host'
      ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  ]
}

const bindOf = ({ target, source, readonly, noexec }: RuntimeMount, folder: string): unknown => ({
  destination: target,
  type: 'bind',
  source: `${folder}/${source}`,
  options: ['rbind', 'rprivate', readonly ? 'ro' : 'rw', ...(noexec ? ['noexec'] : [])],
})
