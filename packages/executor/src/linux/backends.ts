/** How each runtime is called for a bundle. */
import { CAPABILITIES, type ContainerSpec } from './spec.js'

export type BackendName = 'runc' | 'crun' | 'bwrap'

export interface Backend {
  readonly name: BackendName
  readonly debianPackage: string
  /** The wrapper hides the control groups first: crun refuses hosts with both kinds of them, even told not to use any. */
  readonly withoutControlGroups: boolean
  /** Why it can't run this container; undefined where it can. */
  refuses(spec: ContainerSpec): string | undefined
  /** What the wrapper becomes; `program` is the runtime's path. */
  argv(program: string, spec: ContainerSpec): string[]
}

const bundle = ({ folder, id }: ContainerSpec) => ['run', '--bundle', folder, id]
const log = ({ folder }: ContainerSpec) => ['--root', `${folder}/state`, '--log', `${folder}/runtime.log`, '--log-format', 'json']

const runc: Backend = {
  name: 'runc',
  debianPackage: 'runc',
  withoutControlGroups: false,
  refuses: () => undefined,
  argv: (program, spec) => [program, ...log(spec), ...bundle(spec)],
}

const crun: Backend = {
  name: 'crun',
  debianPackage: 'crun',
  withoutControlGroups: true,
  refuses: () => undefined,
  argv: (program, spec) => [program, ...log(spec), '--cgroup-manager=disabled', ...bundle(spec)],
}

const bwrap: Backend = {
  name: 'bwrap',
  debianPackage: 'bubblewrap',
  withoutControlGroups: false,
  // It can become another user only in a user namespace, where the image's other owners do not exist.
  refuses: ({ identity }) =>
    identity.uid === 0 && identity.gid === 0 && identity.groups.every((group) => group === 0)
      ? undefined
      : 'bwrap runs commands as root only',
  argv(program, spec) {
    const rest = spec.mounts.flatMap(({ target, source, readonly }) => [
      readonly ? '--ro-bind' : '--bind',
      `${spec.folder}/${source}`,
      target,
    ])
    const capabilities = CAPABILITIES.flatMap((name) => ['--cap-add', name])
    return [
      program,
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', ...(spec.network === 'none' ? ['--unshare-net'] : [])],
      ...['--hostname', spec.hostname, '--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...capabilities],
      ...[spec.readonlyRoot ? '--ro-bind' : '--bind', `${spec.folder}/root`, '/'],
      ...['--dev', '/dev', '--proc', '/proc', '--ro-bind', '/sys', '/sys'],
      ...rest,
      ...['--chdir', spec.cwd, '--clearenv', ...[...spec.env].flatMap(([name, value]) => ['--setenv', name, value])],
      '--',
      ...spec.argv,
    ]
  },
}

export const backends: readonly Backend[] = [runc, crun, bwrap]
