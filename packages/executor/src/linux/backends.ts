/** How each runtime is called for a bundle. */
import { existsSync, statSync } from 'node:fs'
import type { RunOption } from '../errors.js'
import { becoming, isRoot } from './become.js'
import { CAPABILITIES } from './capabilities.js'
import { isRootless } from './ids.js'
import { MASKED, READ_ONLY } from './kernel-files.js'
import { type ContainerSpec, shmBytes } from './spec.js'

export type BackendName = 'runc' | 'crun' | 'bwrap'

export interface Backend {
  readonly name: BackendName
  readonly debianPackage: string
  /** It is an OCI runtime, which takes the container's description from a file; another takes all of it as arguments. */
  readonly readsSpec: boolean
  /** The wrapper hides the control groups first: crun refuses hosts with both kinds of them, even told not to use any. */
  readonly withoutControlGroups: boolean
  /** A process of its own is the first one in the container, and the command its child. */
  readonly hasOwnInit: boolean
  /** The mounts' own flags are set before it sees them: it has no option for noexec. */
  readonly mountsNoexec: boolean
  /** It takes a filter of system calls as the kernel does, on descriptor 6. */
  readonly takesFilter: boolean
  /** What it can't do of this container, and why; undefined where it can all. */
  refuses(spec: ContainerSpec): Refusal | undefined
  /** What runs a further command, described in the file `process`, in the container that runs already; undefined where it takes none. */
  join?(program: string, options: JoinOptions): string[]
  /** What the wrapper becomes; `program` is the runtime's path. */
  argv(program: string, spec: ContainerSpec): string[]
  /** What a keeper runs in the folder of each of its commands; what is the command's own comes behind it. */
  keptArgv(program: string): string[]
  /** What is a command's own, for a keeper; undefined where it needs a wrapper of its own. */
  kept(spec: ContainerSpec): Kept | undefined
}

export interface Kept {
  readonly rest: readonly string[]
  /** Further arguments, for the file `args` in the run's folder. */
  readonly args?: readonly string[]
}

export interface JoinOptions {
  /** Of the run. */
  readonly folder: string
  readonly id: string
  readonly process: string
  /** Where the runtime says what went wrong. */
  readonly log: string
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

/** Where the bundle lies, and the runtime's state: with secrets, in the wrapper's filesystem in memory. */
const placeOf = ({ folder, secretEnv }: ContainerSpec) => (secretEnv ? `${folder}/s` : folder)
const bundle = (spec: ContainerSpec) => ['run', '--bundle', placeOf(spec), spec.id]
const log = (folder: string, file = `${folder}/runtime.log`, place = folder) => [
  ...['--root', `${place}/state`, '--log', file, '--log-format', 'json'],
]
const logOf = (spec: ContainerSpec) => log(spec.folder, undefined, placeOf(spec))
const exec = ({ process, id }: JoinOptions) => ['exec', '--process', process, id]

const runc: Backend = {
  name: 'runc',
  debianPackage: 'runc',
  readsSpec: true,
  withoutControlGroups: false,
  hasOwnInit: false,
  mountsNoexec: true,
  takesFilter: false,
  refuses: (spec) => needsControlGroups(spec, undefined),
  argv: (program, spec) => [program, ...logOf(spec), ...bundle(spec)],
  join: (program, options) => [program, ...log(options.folder, options.log), ...exec(options)],
  keptArgv: (program) => [program, ...log('.'), 'run', '--bundle', '.'],
  kept: ({ id }) => ({ rest: [id] }),
}

const crun: Backend = {
  name: 'crun',
  debianPackage: 'crun',
  readsSpec: true,
  withoutControlGroups: true,
  hasOwnInit: false,
  mountsNoexec: true,
  takesFilter: false,
  refuses: (spec) => needsControlGroups(spec, 'crun'),
  argv: (program, spec) => [program, ...logOf(spec), '--cgroup-manager=disabled', ...bundle(spec)],
  join: (program, options) => [program, ...log(options.folder, options.log), '--cgroup-manager=disabled', ...exec(options)],
  keptArgv: (program) => [program, ...log('.'), '--cgroup-manager=disabled', 'run', '--bundle', '.'],
  kept: ({ id }) => ({ rest: [id] }),
}

const bwrap: Backend = {
  name: 'bwrap',
  debianPackage: 'bubblewrap',
  readsSpec: false,
  withoutControlGroups: false,
  hasOwnInit: true,
  mountsNoexec: false,
  takesFilter: true,
  refuses: (spec) =>
    needsControlGroups(spec, 'bwrap') ??
    (spec.terminal ? { option: 'terminal', why: 'bwrap has none to give: install runc or crun' } : undefined) ??
    (spec.secretEnv
      ? {
          why: 'bwrap gets variables on its command line, where others could read a secret: install runc or crun, or mount the secret as a file',
        }
      : undefined) ??
    (isRoot(spec.identity) || becoming(spec.identity)
      ? undefined
      : { why: "bwrap runs commands of other users than root only with the machine's ldd and setpriv: install runc or crun" }),
  argv(program, spec) {
    const limits = (spec.resources.ulimits ?? []).map(({ name, soft, hard }) => `--${name}=${bound(soft)}:${bound(hard)}`)
    return [
      ...(limits.length === 0 ? [] : ['prlimit', ...limits]),
      // It has no option for a network that is there.
      ...(spec.network === 'private' ? ['nsenter', '--net=n/net'] : []),
      program,
      ...(spec.traced ? ['--seccomp', '6'] : []),
      ...bwrapOptions(spec),
      '--',
      ...bwrapCommand(spec),
    ]
  },
  keptArgv: (program) => [program, '--args', '3', '--'],
  // A keeper's limits are those of this process.
  kept: (spec) => ((spec.resources.ulimits ?? []).length > 0 ? undefined : { rest: bwrapCommand(spec), args: bwrapOptions(spec) }),
}

const userOf = ({ identity }: ContainerSpec) => (isRoot(identity) ? undefined : becoming(identity))

const bwrapCommand = (spec: ContainerSpec): string[] => [...(userOf(spec)?.argv ?? []), ...spec.argv]

function bwrapOptions(spec: ContainerSpec): string[] {
  const rest = spec.mounts.flatMap(({ target, source, readonly }) => [
    readonly ? '--ro-bind' : '--bind',
    `${spec.folder}/${source}`,
    target,
  ])
  const capabilities = spec.insecure ? ['--cap-add', 'ALL'] : CAPABILITIES.flatMap((name) => ['--cap-add', name])
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', ...(spec.network === 'none' ? ['--unshare-net'] : [])],
    ...['--hostname', spec.hostname, '--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...capabilities],
    ...[spec.readonlyRoot ? '--ro-bind' : '--bind', `${spec.folder}/root`, '/'],
    ...['--dev', '/dev', '--perms', '1777', '--size', String(shmBytes(spec.resources)), '--tmpfs', '/dev/shm'],
    ...['--proc', '/proc', spec.insecure ? '--bind' : '--ro-bind', '/sys', '/sys'],
    ...(spec.insecure
      ? []
      : [...READ_ONLY.filter(isThere).flatMap((path) => ['--ro-bind', path, path]), ...MASKED.filter(isThere).flatMap(covered)]),
    ...rest,
    ...(userOf(spec)?.files ?? []).flatMap(([source, target]) => ['--ro-bind', source, target]),
    ...['--chdir', spec.cwd, '--clearenv', ...[...spec.env].flatMap(([name, value]) => ['--setenv', name, value])],
  ]
}

const isThere = (path: string): boolean => existsSync(path)

/** bwrap makes some of /proc read-only by itself, and leaves out /proc/sys where it finds its directory not writable: root writes to the files in it. */
const covered = (path: string): string[] =>
  statSync(path).isDirectory() ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', '/dev/null', path]

const bound = (value: number): string => (value < 0 ? 'unlimited' : String(value))

export const backends: readonly Backend[] = [runc, crun, bwrap]
