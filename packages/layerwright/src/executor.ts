import { type ExecRequest, type Executor, ExecutorUnavailableError, shellClass } from '@layerwright/executor'

export type ExecutorKind = 'auto' | 'shell' | 'linux'

/**
 * The executor a name stands for. `auto` takes a real sandbox where one works, else the simulated shell. Nothing is loaded before the first command runs.
 * @throws ExecutorUnavailableError for `linux`: this version has no real sandbox
 */
export function chooseExecutor(kind: ExecutorKind): Executor {
  if (kind === 'linux') throw new ExecutorUnavailableError('this version has no real sandbox for RUN: use --executor shell')
  let shell: Promise<Executor> | undefined
  return {
    class: shellClass,
    simulated: true,
    async run(request: ExecRequest) {
      shell ??= import('@layerwright/executor/shell').then(({ simulatedShell }) => simulatedShell())
      return (await shell).run(request)
    },
  }
}
