import { type Container, exitCodeOf, type StopOptions } from '@layerwright/container'
import { attached } from '../attach.js'
import { each, isMissing } from '../each.js'
import { type EngineFlags, openUserEngine } from '../engine.js'
import { reportError, UsageError } from '../errors.js'
import { readSeconds } from '../quantities.js'
import type { CommandLike, GlobalOptions } from '../store.js'

/** Does one thing to each named container, and prints its name or what the work gives. */
async function onContainers(
  names: readonly string[],
  command: CommandLike,
  work: (container: Container) => Promise<string | undefined>,
  forgive?: (error: unknown) => boolean,
): Promise<number> {
  const { engine } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  return each(
    names,
    async (name) => {
      const line = await work(await engine.containers.get(name))
      console.log(line ?? name)
    },
    forgive,
  )
}

/** `layerwright start CONTAINER…`; with `--attach` the program's output is shown, and its exit status is the command's. */
export async function startCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as EngineFlags & { attach?: boolean; interactive?: boolean }
  if (!flags.attach && !flags.interactive) {
    return onContainers(names, command, async (container) => {
      await container.start({ detach: true })
      return undefined
    })
  }
  try {
    if (names.length > 1)
      throw new UsageError('--attach and --interactive take one container', 'start them one by one, or in the background')
    const { engine } = await openUserEngine(flags)
    const container = await engine.containers.get(names[0] ?? '')
    const tty = (await container.inspect()).Config.Tty ?? false
    const { exitCode } = await attached({ tty, interactive: flags.interactive ?? false }, (attachment) => container.start(attachment))
    return exitCode ?? 0
  } catch (error) {
    reportError(error)
    return exitCodeOf(error, 'run')
  }
}

function stopOptions(command: CommandLike): StopOptions {
  const { time, signal } = command.optsWithGlobals() as { time?: string; signal?: string }
  return { ...(time === undefined ? {} : { timeout: readSeconds('time', time) }), ...(signal === undefined ? {} : { signal }) }
}

export const stopCommand = (names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> =>
  onContainers(names, command, async (container) => {
    await container.stop(stopOptions(command))
    return undefined
  })

export const restartCommand = (names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> =>
  onContainers(names, command, async (container) => {
    await container.restart({ detach: true, stop: stopOptions(command) })
    return undefined
  })

export const killCommand = (names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> => {
  const { signal } = command.optsWithGlobals() as { signal?: string }
  return onContainers(names, command, async (container) => {
    await container.kill(signal)
    return undefined
  })
}

export const waitCommand = (names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> =>
  onContainers(names, command, async (container) => String(await container.wait()))

export const rmCommand = (names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> => {
  const { force, volumes } = command.optsWithGlobals() as { force?: boolean; volumes?: boolean }
  const remove = async (container: Container) => {
    await container.remove({ force: force ?? false, volumes: volumes ?? false })
    return undefined
  }
  return onContainers(names, command, remove, (error) => force === true && isMissing(error))
}

export async function renameCommand(name: string, to: string, _flags: unknown, command: CommandLike): Promise<void> {
  const { engine } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  await (await engine.containers.get(name)).rename(to)
}

/** `layerwright container prune`: removes what does not run, and prints the ids. */
export async function containerPruneCommand(_flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { filter: string[] }
  const { engine } = await openUserEngine(flags)
  const stopped = (await engine.containers.list(flags.filter)).filter(({ status }) => status !== 'running')
  return onContainers(
    stopped.map(({ id }) => id),
    command,
    async (container) => {
      await container.remove()
      return undefined
    },
  )
}
