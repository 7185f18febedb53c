/**
 * THE GATE to an engine: every connection to a Docker Engine API is opened here. What passes must never
 * - go to another place than the caller named: by options, else by `DOCKER_HOST` and its companions as Docker's own client reads them,
 * - hand the engine a path of this machine, except for a bind mount that the caller asked for on an engine of this machine.
 */
import type Docker from 'dockerode'
import { ExecutorUnavailableError } from '../errors.js'

/** The client of an engine, and what is known of it. */
export interface Engine {
  readonly docker: Docker
  /** Whether it can bind folders of this machine: it is reached through a socket of it. */
  readonly local: boolean
  /** As image configs name it: `amd64`, `arm64` … */
  readonly architecture: string
}

/**
 * @param host `unix:///path/to/socket`, `npipe:////./pipe/name` or `tcp://HOST:PORT`; default: `DOCKER_HOST`, else the engine's usual place
 * @throws ExecutorUnavailableError where dockerode is not installed, or no engine answers
 */
export async function connect(host: string | undefined): Promise<Engine> {
  const Client = await load()
  const docker = new Client(host === undefined ? undefined : address(host))
  const place = host ?? process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
  try {
    const { Os, Arch } = await docker.version()
    if (Os !== 'linux') throw new ExecutorUnavailableError(`the engine at ${place} runs ${Os} containers: one for Linux is needed`)
    return { docker, local: !/^(?:tcp|https?|ssh):/.test(place), architecture: Arch }
  } catch (cause) {
    if (cause instanceof ExecutorUnavailableError) throw cause
    throw new ExecutorUnavailableError(
      `no Docker engine answers at ${place}: ${(cause as Error).message}. Start one, or name another by DOCKER_HOST; or use --executor shell.`,
      { cause },
    )
  }
}

async function load(): Promise<typeof Docker> {
  try {
    return (await import('dockerode')).default
  } catch (cause) {
    throw new ExecutorUnavailableError('the package dockerode is not installed: npm install dockerode', { cause })
  }
}

function address(host: string): Docker.DockerOptions {
  const local = /^(?:unix|npipe):\/\/(.+)$/.exec(host)
  if (local) return { socketPath: local[1] }
  const url = URL.canParse(host) ? new URL(host) : undefined
  if (url?.protocol !== 'tcp:')
    throw new ExecutorUnavailableError(`${host} is no address of an engine: write unix:///path/to/socket or tcp://HOST:PORT`)
  return { protocol: 'http', host: url.hostname, port: Number(url.port || 2375) }
}
