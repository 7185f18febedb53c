// @ts-check
/**
 * Three engines that run images, each with a folder and a socket of its own. Their flags are the ones that work without a bridge, without iptables and with a
 * low limit of open files.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startDaemon, startDockerEngine } from '../../support/daemon.mjs'
import { run } from './cli.mjs'

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {(archive: string) => Promise<void>} load a docker-archive
 * @property {(image: string, command: readonly string[], env: Record<string, string>) => Promise<string>} run to the end; standard output
 * @property {(tag: string, context: string, flags: readonly string[]) => Promise<string>} [build] where the engine has a builder (here BuildKit)
 * @property {(tag: string) => Promise<void>} [forget] takes away what the builder has built
 * @property {() => Promise<void>} close stops it and takes its mounts away
 */

/** @param {Record<string, string>} env @param {string} flag */
const envFlags = (env, flag) => Object.entries(env).flatMap(([name, value]) => [flag, `${name}=${value}`])

/** @param {string} folder @returns {Engine} */
export function podman(folder) {
  const program = (/** @type {string[]} */ ...args) =>
    run('podman', [
      ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay'],
      ...['--runtime', 'runc', '--cgroup-manager=cgroupfs', ...args],
    ])
  return {
    name: 'podman',
    load: async (archive) => void (await program('load', '-q', '-i', archive)),
    run: (image, command, env) =>
      program(
        ...['run', '--rm', '--network', 'none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
        ...[...envFlags(env, '--env'), '--pull', 'never', image, ...command],
      ),
    close: async () => void (await run('sh', ['-c', 'umount "$1" 2>/dev/null || true', 'sh', join(folder, 'root/overlay')])),
  }
}

/** @param {string} folder @returns {Promise<Engine>} */
export async function dockerEngine(folder) {
  const { host, stop } = await startDockerEngine('dockerd', folder)
  const docker = (/** @type {string[]} */ ...args) => run('/usr/bin/docker', ['-H', host, ...args])
  return {
    name: 'a Docker engine',
    load: async (archive) => void (await docker('load', '-q', '-i', archive)),
    run: (image, command, env) => docker('run', '--rm', '--network', 'none', ...envFlags(env, '--env'), image, ...command),
    build: (tag, context, flags) =>
      run('/usr/bin/docker', ['-H', host, 'build', '-q', '--network', 'host', '-t', tag, ...flags, context], {
        env: { DOCKER_BUILDKIT: '1' },
      }),
    async forget(tag) {
      await docker('rmi', '--force', tag).catch(() => undefined)
      await docker('builder', 'prune', '--all', '--force')
    },
    close: stop,
  }
}

/** @param {string} folder @returns {Promise<Engine>} */
export async function containerd(folder) {
  const address = join(folder, 'containerd.sock')
  const ctr = (/** @type {string[]} */ ...args) => run('ctr', ['-a', address, ...args])
  const stop = await startDaemon(
    'containerd',
    ['--root', join(folder, 'root'), '--state', join(folder, 'state'), '--address', address],
    () => ctr('version'),
  )
  let containers = 0
  return {
    name: 'containerd',
    load: async (archive) => void (await ctr('image', 'import', archive)),
    // on the host's network: the loopback of a network of its own would be down
    run: (image, command, env) =>
      ctr(
        ...['run', '--rm', '--net-host', ...envFlags(env, '--env')],
        ...[`docker.io/library/${image}:latest`, `layerwright-${++containers}`, ...command],
      ),
    close: stop,
  }
}

/** @type {readonly ((folder: string) => Engine | Promise<Engine>)[]} */
const ENGINES = [podman, dockerEngine, containerd]

/** All of them. @param {string} folder @returns {Promise<Engine[]>} */
export function openEngines(folder) {
  return Promise.all(
    ENGINES.map((open, index) => {
      const own = join(folder, String(index))
      mkdirSync(own, { recursive: true })
      return open(own)
    }),
  )
}
