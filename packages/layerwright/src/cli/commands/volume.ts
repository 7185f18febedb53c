import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { printJson, table } from '../output.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike, GlobalOptions } from '../store.js'

/** `layerwright volume create [NAME]`: prints the name. */
export async function volumeCreateCommand(name: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { label: string[]; driver?: string; opt: string[] }
  const { engine } = await openUserEngine(flags)
  console.log(
    await engine.volumes.create({
      ...(name === undefined ? {} : { name }),
      ...(flags.driver === undefined ? {} : { driver: flags.driver }),
      labels: parseAssignments('label', flags.label),
      options: parseAssignments('opt', flags.opt),
    }),
  )
}

export async function volumeLsCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { filter: string[]; json?: boolean; quiet?: boolean }
  const { engine } = await openUserEngine(flags)
  const volumes = await engine.volumes.list(flags.filter)
  if (flags.json)
    return printJson(
      volumes.map((volume) => ({ ...volume, labels: Object.fromEntries(volume.labels), options: Object.fromEntries(volume.options) })),
    )
  if (flags.quiet) {
    for (const { name } of volumes) console.log(name)
    return
  }
  console.log(
    table(
      ['DRIVER', 'VOLUME', 'LABELS'],
      volumes.map(({ driver, name, labels }) => [driver, name, [...labels].map(([key, value]) => `${key}=${value}`).join(',')]),
    ),
  )
}

export async function volumeInspectCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const { engine } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  const found: unknown[] = []
  const status = await each(names, async (name) => {
    const volume = await engine.volumes.inspect(name)
    found.push({
      Name: volume.name,
      Driver: volume.driver,
      CreatedAt: volume.created,
      Scope: volume.scope,
      Labels: Object.fromEntries(volume.labels),
      Options: Object.fromEntries(volume.options),
    })
  })
  printJson(found)
  return status
}

export async function volumeRmCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { force?: boolean }
  const { engine } = await openUserEngine(flags)
  return each(names, async (name) => {
    await engine.volumes.remove(name, { force: flags.force ?? false })
    console.log(name)
  })
}

export async function volumePruneCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { all?: boolean; filter: string[] }
  const { engine } = await openUserEngine(flags)
  for (const name of await engine.volumes.prune({ all: flags.all ?? false, filters: flags.filter })) console.log(name)
}
