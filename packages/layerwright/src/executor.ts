import { type ExecRequest, type Executor, ExecutorUnavailableError, shellClass } from '@layerwright/executor'

export type ExecutorKind = 'auto' | 'shell' | 'linux' | 'docker'

/**
 * The executor a name stands for; `docker` is the engine that DOCKER_HOST names, asked when something runs. A real sandbox is asked for by name; `auto` is the simulated shell, because an image of stand-ins for programs
 * (the example base is one) builds nowhere else. The shell is loaded before its first command only.
 * @throws ExecutorUnavailableError for `linux` where something that it needs is missing; says what
 */
export async function chooseExecutor(kind: ExecutorKind): Promise<Executor> {
  if (kind === 'docker') return (await import('@layerwright/executor/docker')).dockerExecutor()
  if (kind !== 'linux') return shell()
  const { detectLinux, linuxExecutor } = await import('@layerwright/executor/linux')
  const { available, problems } = await detectLinux()
  if (available) return linuxExecutor()
  const missing = problems.map(({ what, remedy }) => `${what}: ${remedy}`).join('; ')
  throw new ExecutorUnavailableError(`no real sandbox here: ${missing}. Or use --executor shell.`)
}

function shell(): Executor {
  let loaded: Promise<Executor> | undefined
  return {
    class: shellClass,
    simulated: true,
    traces: true,
    async run(request: ExecRequest) {
      loaded ??= import('@layerwright/executor/node').then(({ simulatedShell }) => simulatedShell())
      return (await loaded).run(request)
    },
  }
}
