/** The runtimes themselves, without anything of ours: the least that a command in a container costs. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendName } from '@layerwright/executor/linux'
import { WorkloadFailedError } from '../errors.js'

/** A root with busybox and a bundle around it, as `runc spec` describes one. */
export function makeBundle(folder: string, busybox: string): void {
  const root = join(folder, 'rootfs')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync(busybox, join(root, 'bin/busybox'))
  chmodSync(join(root, 'bin/busybox'), 0o755)
  for (const name of ['sh', 'true']) symlinkSync('busybox', join(root, 'bin', name))
  // crun has the same command, with the same description; either will do.
  if (!['runc', 'crun'].some((runtime) => spawnSync(runtime, ['spec'], { cwd: folder }).status === 0)) return
  const file = join(folder, 'config.json')
  const spec = JSON.parse(readFileSync(file, 'utf8'))
  Object.assign(spec.process, { terminal: false, args: ['/bin/sh', '-c', 'true'] })
  // As a RUN: in the network of the machine.
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'network' && type !== 'cgroup')
  spec.mounts = spec.mounts.filter(({ destination }: { destination: string }) => destination !== '/sys/fs/cgroup')
  writeFileSync(file, JSON.stringify(spec))
}

/** crun refuses machines with both kinds of control groups: they are covered for it. */
const COVERED = 'umount -R /sys/fs/cgroup && mount -t tmpfs bench /sys/fs/cgroup && exec "$@"'

let runs = 0

/** Runs `true` once in the bundle. @throws WorkloadFailedError */
export function bareRun(backend: BackendName, folder: string): void {
  const id = `bench-${process.pid}-${runs++}`
  const oci = ['run', '--bundle', folder, id]
  const argv: Readonly<Record<BackendName, string[]>> = {
    runc: ['runc', '--root', join(folder, 'state'), ...oci],
    crun: ['unshare', '--mount', 'sh', '-c', COVERED, 'sh', 'crun', '--root', join(folder, 'state'), '--cgroup-manager=disabled', ...oci],
    bwrap: [
      'bwrap',
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--bind', join(folder, 'rootfs'), '/'],
      ...['--dev', '/dev', '--proc', '/proc', '/bin/sh', '-c', 'true'],
    ],
  }
  const [program = '', ...args] = argv[backend]
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (status !== 0) throw new WorkloadFailedError(backend, String(stderr))
}
