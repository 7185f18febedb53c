/** How each runtime is called for a bundle. */
import { existsSync, statSync } from 'node:fs'
import type { RunOption } from '../errors.js'
import { CAPABILITIES } from './capabilities.js'
import { isRootless } from './ids.js'
import { MASKED, READ_ONLY } from './kernel-files.js'
import { type ContainerSpec, shmBytes } from './spec.js'

export type BackendName = 'runc' | 'crun' | 'bwrap'

export interface Backend {
  readonly name: BackendName
  readonly debianPackage: string
  /** The wrapper hides the control groups first: crun refuses hosts with both kinds of them, even told not to use any. */
  readonly withoutControlGroups: boolean
  /** The mounts' own flags are set before it sees them: it has no option for noexec. */
  readonly mountsNoexec: boolean
  /** What it can't do of this container, and why; undefined where it can all. */
  refuses(spec: ContainerSpec): Refusal | undefined
  /** What the wrapper becomes; `program` is the runtime's path. */
  argv(program: string, spec: ContainerSpec): string[]
}

export interface Refusal {
  readonly why: string
  /** The option that nothing here can give; without it another runtime can. */
  readonly option?: RunOption
}

/** Who has no control groups, bounds neither memory nor time. */
function needsControlGroups({ resources, ids }: ContainerSpec, name: string | undefined): Refusal | undefined {
  const option = resources.memoryBytes !== undefined ? 'memory' : resources.cpus !== undefined ? 'cpus' : undefined
  if (!option) return undefined
  if (isRootless(ids)) return { option, why: "the control groups of this machine are root's: run as root, or leave it out" }
  return name === undefined ? undefined : { option, why: `${name} runs without control groups here: install runc` }
}

const bundle = ({ folder, id }: ContainerSpec) => ['run', '--bundle', folder, id]
const log = ({ folder }: ContainerSpec) => ['--root', `${folder}/state`, '--log', `${folder}/runtime.log`, '--log-format', 'json']

const runc: Backend = {
  name: 'runc',
  debianPackage: 'runc',
  withoutControlGroups: false,
  mountsNoexec: true,
  refuses: (spec) => needsControlGroups(spec, undefined),
  argv: (program, spec) => [program, ...log(spec), ...bundle(spec)],
}

const crun: Backend = {
  name: 'crun',
  debianPackage: 'crun',
  withoutControlGroups: true,
  mountsNoexec: true,
  refuses: (spec) => needsControlGroups(spec, 'crun'),
  argv: (program, spec) => [program, ...log(spec), '--cgroup-manager=disabled', ...bundle(spec)],
}

const bwrap: Backend = {
  name: 'bwrap',
  debianPackage: 'bubblewrap',
  withoutControlGroups: false,
  mountsNoexec: false,
  // It can become another user only in a user namespace, where the image's other owners do not exist.
  refuses: (spec) =>
    needsControlGroups(spec, 'bwrap') ??
    (spec.identity.uid === 0 && spec.identity.gid === 0 && spec.identity.groups.every((group) => group === 0)
      ? undefined
      : { why: 'bwrap runs commands as root only: install runc or crun' }),
  argv(program, spec) {
    const rest = spec.mounts.flatMap(({ target, source, readonly }) => [
      readonly ? '--ro-bind' : '--bind',
      `${spec.folder}/${source}`,
      target,
    ])
    const capabilities = spec.insecure ? ['--cap-add', 'ALL'] : CAPABILITIES.flatMap((name) => ['--cap-add', name])
    const limits = (spec.resources.ulimits ?? []).map(({ name, soft, hard }) => `--${name}=${bound(soft)}:${bound(hard)}`)
    return [
      ...(limits.length === 0 ? [] : ['prlimit', ...limits]),
      program,
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', ...(spec.network === 'none' ? ['--unshare-net'] : [])],
      ...['--hostname', spec.hostname, '--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...capabilities],
      ...[spec.readonlyRoot ? '--ro-bind' : '--bind', `${spec.folder}/root`, '/'],
      ...['--dev', '/dev', '--perms', '1777', '--size', String(shmBytes(spec.resources)), '--tmpfs', '/dev/shm'],
      ...['--proc', '/proc', spec.insecure ? '--bind' : '--ro-bind', '/sys', '/sys'],
      ...(spec.insecure
        ? []
        : [...READ_ONLY.filter(isThere).flatMap((path) => ['--ro-bind', path, path]), ...MASKED.filter(isThere).flatMap(covered)]),
      ...rest,
      ...['--chdir', spec.cwd, '--clearenv', ...[...spec.env].flatMap(([name, value]) => ['--setenv', name, value])],
      '--',
      ...spec.argv,
    ]
  },
}

const isThere = (path: string): boolean => existsSync(path)

/** bwrap makes some of /proc read-only by itself, and leaves out /proc/sys where it finds its directory not writable: root writes to the files in it. */
const covered = (path: string): string[] =>
  statSync(path).isDirectory() ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', '/dev/null', path]

const bound = (value: number): string => (value < 0 ? 'unlimited' : String(value))

export const backends: readonly Backend[] = [runc, crun, bwrap]
