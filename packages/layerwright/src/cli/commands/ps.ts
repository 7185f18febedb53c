import { ago } from '../ago.js'
import { openUserEngine } from '../engine.js'
import { printJson, table } from '../output.js'
import type { CommandLike, GlobalOptions } from '../store.js'
import { shorten } from '../words.js'

/** `layerwright ps`: running containers, or with `--all` all of them. */
export async function psCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { all?: boolean; json?: boolean; quiet?: boolean }
  const { engine } = await openUserEngine(flags)
  const shown = (await engine.containers.list()).filter(({ status }) => flags.all || status === 'running')
  if (flags.json) return printJson(shown)
  if (flags.quiet) {
    for (const { id } of shown) console.log(id.slice(0, 12))
    return
  }
  const rows = shown.map(({ id, image, command: argv, created, status, exitCode, name }) => [
    id.slice(0, 12),
    image,
    shorten(argv.join(' '), 30),
    ago(created),
    status === 'exited' ? `exited (${exitCode})` : status,
    name,
  ])
  console.log(table(['CONTAINER', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'NAME'], rows))
}

/** `layerwright logs CONTAINER` */
export async function logsCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { timestamps?: boolean }
  const { engine } = await openUserEngine(flags)
  for (const { stream, time, bytes } of await (await engine.containers.get(name)).logs()) {
    if (flags.timestamps) process[stream].write(`${time} `)
    process[stream].write(bytes)
  }
}

/** `layerwright diff CONTAINER` */
export async function diffCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean }
  const { engine } = await openUserEngine(flags)
  const changes = await (await engine.containers.get(name)).diff()
  if (flags.json) return printJson(changes)
  for (const { kind, path } of changes) console.log(`${kind} ${path}`)
}
