/** The runtimes themselves, without anything of ours: the least that a command in a container costs. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendName } from '@layerwright/executor/linux'
import { WorkloadFailedError } from '../errors.js'

/** A root with busybox and a bundle around it, as `runc spec` describes one, whose command is the script. */
export function makeBundle(folder: string, busybox: string, script = 'true'): void {
  const root = join(folder, 'rootfs')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync(busybox, join(root, 'bin/busybox'))
  chmodSync(join(root, 'bin/busybox'), 0o755)
  for (const name of ['sh', 'true', 'sleep']) symlinkSync('busybox', join(root, 'bin', name))
  writeFileSync(join(folder, 'script'), script)
  // crun has the same command, with the same description; either will do.
  if (!['runc', 'crun'].some((runtime) => spawnSync(runtime, ['spec'], { cwd: folder }).status === 0)) return
  const file = join(folder, 'config.json')
  const spec = JSON.parse(readFileSync(file, 'utf8'))
  Object.assign(spec.process, { terminal: false, args: ['/bin/sh', '-c', script] })
  // As a RUN: in the network of the machine.
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'network' && type !== 'cgroup')
  spec.mounts = spec.mounts.filter(({ destination }: { destination: string }) => destination !== '/sys/fs/cgroup')
  writeFileSync(file, JSON.stringify(spec))
  // The same over an overlay.
  mkdirSync(join(folder, 'overlay'))
  writeFileSync(join(folder, 'overlay/config.json'), JSON.stringify({ ...spec, root: { ...spec.root, path: join(folder, 'root') } }))
  mkdirSync(join(folder, 'root'))
}

/** crun refuses machines with both kinds of control groups: they are covered for it. */
const COVERED = 'umount -R /sys/fs/cgroup && mount -t tmpfs bench /sys/fs/cgroup && exec "$@"'

let runs = 0

function command(backend: BackendName, folder: string, { bundle = folder, root = 'rootfs' } = {}): string[] {
  const id = `bench-${process.pid}-${runs++}`
  const oci = ['run', '--bundle', bundle, id]
  const argv: Readonly<Record<BackendName, string[]>> = {
    runc: ['runc', '--root', join(folder, 'state'), ...oci],
    crun: ['crun', '--root', join(folder, 'state'), '--cgroup-manager=disabled', ...oci],
    bwrap: [
      'bwrap',
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--bind', join(folder, root), '/'],
      ...['--dev', '/dev', '--proc', '/proc', '/bin/sh', '-c', readFileSync(join(folder, 'script'), 'utf8')],
    ],
  }
  return argv[backend]
}

const covered = (backend: BackendName, argv: readonly string[]): readonly string[] =>
  backend === 'crun' ? ['unshare', '--mount', 'sh', '-c', COVERED, 'sh', ...argv] : argv

function run(backend: BackendName, [program = '', ...args]: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (status !== 0) throw new WorkloadFailedError(backend, String(stderr))
}

/** Runs the bundle's command once. @throws WorkloadFailedError */
export const bareRun = (backend: BackendName, folder: string): void => run(backend, covered(backend, command(backend, folder)), folder)

/** What mounts its overlay, and hides the control groups where it has to. */
const MOUNTED = `mount -t overlay -o lowerdir=rootfs,upperdir=u,workdir=w bench root
if [ "$1" = crun ]; then mount -t tmpfs bench /sys/fs/cgroup; fi
shift
exec "$@"`

/**
 * Runs the bundle's command once as a script would that wants what we promise of a RUN: the files of the base untouched, because they are the lower folder of an overlay;
 * no mount and no process left after a kill -9, because both are in namespaces that end with it.
 * @throws WorkloadFailedError
 */
export function scriptedRun(backend: BackendName, folder: string): void {
  for (const name of ['u', 'w']) {
    rmSync(join(folder, name), { recursive: true, force: true })
    mkdirSync(join(folder, name))
  }
  const argv = command(backend, folder, { bundle: join(folder, 'overlay'), root: 'root' })
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
  run(backend, ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-ec', MOUNTED, 'sh', backend, ...argv], folder)
}

/** Runs the bundle's command `times` times at once, to the end of the last. @throws WorkloadFailedError */
export async function bareRuns(backend: BackendName, folder: string, times: number): Promise<void> {
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const [program = '', ...args] = covered(backend, command(backend, folder))
      const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (bytes) => {
        said += bytes
      })
      child.once('error', reject)
      child.once('close', (status) => (status === 0 ? resolve() : reject(new WorkloadFailedError(backend, said))))
    })
  await Promise.all(Array.from({ length: times }, one))
}
