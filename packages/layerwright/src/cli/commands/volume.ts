import { each } from '../each.js'
import { openUserEngine } from '../engine.js'
import { inspectPrinter, listPrinter } from '../format.js'
import { printJson, table } from '../output.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike, GlobalOptions } from '../store.js'
import { showLabels } from '../words.js'

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
  const flags = command.optsWithGlobals() as GlobalOptions & { filter: string[]; format?: string; json?: boolean; quiet?: boolean }
  const print = listPrinter(flags.format, FIELDS)
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
  const lines = volumes.map(({ driver, name, labels, scope }) => ({ Driver: driver, Name: name, Labels: showLabels(labels), Scope: scope }))
  if (print) return void process.stdout.write(print(lines))
  console.log(
    table(
      ['DRIVER', 'VOLUME', 'LABELS'],
      lines.map(({ Driver, Name, Labels }) => [Driver, Name, Labels]),
    ),
  )
}

/** What `volume ls --format` can name, and its heading. */
const FIELDS = { Driver: 'DRIVER', Name: 'VOLUME', Labels: 'LABELS', Scope: 'SCOPE' }

export async function volumeInspectCommand(names: readonly string[], _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { format?: string }
  const print = inspectPrinter(flags.format)
  const { engine } = await openUserEngine(flags)
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
  return print(found) || status
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
