import { linuxClass } from '../linux-class.js'
import type { Executor } from '../types.js'
import { connect, type Engine } from './gate.js'
import { runOnEngine } from './run.js'

export interface DockerExecutorOptions {
  /** `unix:///path/to/socket`, `npipe:////./pipe/name` or `tcp://HOST:PORT`. Default: `DOCKER_HOST` and its companions, else the engine's usual place. */
  readonly host?: string
}

/**
 * An executor that runs commands on a Docker Engine API endpoint, which may be on another machine: for macOS and Windows, and for shared build hosts. Layers are
 * sent once each and stay there as images named `layerwright-lower`; containers and volumes are removed after each command. Needs the package `dockerode`.
 * The engine is asked at the first command.
 *
 * Other than on a kernel of this machine: times of what a command leaves are whole seconds; a mounted file is a link into a volume; a socket of this machine cannot
 * be given; a folder of this machine can be bound where the engine is on it; /etc/hosts is the engine's own and may be written to, which leaves nothing.
 * @throws ExecutorUnavailableError, on running, where no engine answers
 */
export function dockerExecutor({ host }: DockerExecutorOptions = {}): Executor {
  let engine: Promise<Engine> | undefined
  return {
    class: linuxClass,
    simulated: false,
    async run(request) {
      engine ??= connect(host)
      engine.catch(() => {
        engine = undefined
      })
      return runOnEngine(await engine, request)
    },
  }
}
