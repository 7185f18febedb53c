import {
  type ChosenExecutor,
  type ExecRequest,
  type Executor,
  ExecutorUnavailableError,
  hasPrograms,
  shellClass,
} from '@layerwright/executor'

export type ExecutorKind = 'auto' | 'shell' | 'linux' | 'docker'

/**
 * The executor a name stands for; `docker` is the engine that DOCKER_HOST names, asked when something runs. Everything is loaded before its first command only.
 * @throws ExecutorUnavailableError for `linux` where something that it needs is missing; says what
 */
export async function chooseExecutor(kind: ExecutorKind): Promise<Executor> {
  if (kind === 'auto') return auto()
  if (kind === 'docker') return (await import('@layerwright/executor/docker')).dockerExecutor()
  if (kind === 'shell') return shell()
  const { executor, because } = await sandbox()
  if (!executor) throw new ExecutorUnavailableError(`${because}. Or use --executor shell.`)
  return executor
}

/** A real sandbox, or why there is none. */
async function sandbox(): Promise<{ readonly executor?: Executor; readonly because: string }> {
  const { detectLinux, linuxExecutor } = await import('@layerwright/executor/linux')
  const { available, problems } = await detectLinux()
  if (available) return { executor: linuxExecutor(), because: '' }
  return { because: `no real sandbox here: ${problems.map(({ what, remedy }) => `${what}: ${remedy}`).join('; ')}` }
}

/**
 * A real sandbox for every tree whose programs a kernel can run, where one works; otherwise the simulated shell, with the reason (DESIGN, decision 13). An image of stand-ins
 * for programs, as the examples have, runs nowhere else. Looked for once, when a tree needs it.
 */
function auto(): Executor {
  const simulated = shell()
  let found: ReturnType<typeof sandbox> | undefined
  const choose = async (programs: boolean): Promise<ChosenExecutor> => {
    if (!programs) return { executor: simulated, because: 'the shell of its root is a stand-in and no program' }
    found ??= sandbox()
    const { executor = simulated, because } = await found
    return { executor, because }
  }
  return {
    ...{ class: simulated.class, simulated: false, choose },
    async run(request) {
      const { executor } = await choose(await hasPrograms(request.lower.snapshot))
      return executor.run(request)
    },
  }
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
