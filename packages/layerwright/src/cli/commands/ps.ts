import type { LogEntry } from '@layerwright/container'
import { ago } from '../ago.js'
import { openUserEngine } from '../engine.js'
import { UsageError } from '../errors.js'
import { printJson, table } from '../output.js'
import { showPlace, showPort } from '../ports.js'
import { readCount } from '../quantities.js'
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
  const rows = shown.map(({ id, image, command: argv, created, status, exitCode, ports, name }) => [
    id.slice(0, 12),
    image,
    shorten(argv.join(' '), 30),
    ago(created),
    status === 'exited' ? `exited (${exitCode})` : status,
    ports.map(showPort).join(', '),
    name,
  ])
  console.log(table(['CONTAINER', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAME'], rows))
}

/** `layerwright port CONTAINER [PORT[/PROTOCOL]]`: where its ports are on this machine. */
export async function portCommand(name: string, wanted: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const { engine } = await openUserEngine(command.optsWithGlobals() as GlobalOptions)
  const { id } = await engine.containers.get(name)
  const ports = (await engine.containers.list()).find((one) => one.id === id)?.ports ?? []
  const nameOf = ({ port, protocol }: (typeof ports)[number]) => `${port}/${protocol}`
  if (wanted === undefined) {
    for (const port of ports) console.log(`${nameOf(port)} -> ${showPlace(port)}`)
    return
  }
  const full = wanted.includes('/') ? wanted : `${wanted}/tcp`
  const found = ports.filter((port) => nameOf(port) === full)
  if (found.length === 0) throw new UsageError(`port ${full} of ${name} is not published`, `see those that are: layerwright port ${name}`)
  for (const port of found) console.log(showPlace(port))
}

/** `layerwright logs CONTAINER` */
export async function logsCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { timestamps?: boolean; follow?: boolean; tail?: string }
  const { engine } = await openUserEngine(flags)
  const container = await engine.containers.get(name)
  const stamp = timestamps()
  const show = (entry: LogEntry): void => {
    for (const bytes of flags.timestamps ? stamp(entry) : [entry.bytes]) process[entry.stream].write(bytes)
  }
  // all: also as the number below zero that Docker takes for it
  const { tail: asked = 'all' } = flags
  const tail = asked === 'all' || /^-\d+$/.test(asked) ? Number.POSITIVE_INFINITY : readCount('tail', asked)
  const there = await container.logs()
  for (const entry of lastLines(there, tail)) show(entry)
  if (!flags.follow) return
  let shown = 0
  for await (const entry of container.followLogs()) if (shown++ >= there.length) show(entry)
}

/** Puts the time before each line of a stream. What is written in several pieces, or many lines at once, is lines all the same. */
function timestamps(): (entry: LogEntry) => Generator<Uint8Array | string> {
  const inside = { stdout: false, stderr: false }
  return function* ({ stream, time, bytes }) {
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, at) + 1
      const line = bytes.subarray(at, end || bytes.length)
      if (!inside[stream]) yield `${time} `
      yield line
      inside[stream] = end === 0
      at += line.length
    }
  }
}

/** The end of a log, so many lines of it. */
function lastLines(entries: readonly LogEntry[], count: number): LogEntry[] {
  const kept: LogEntry[] = []
  // The last line may have no end yet: it counts all the same.
  let missing = count + (entries.at(-1)?.bytes.at(-1) === NEWLINE ? 1 : 0)
  for (const entry of [...entries].reverse()) {
    let from = entry.bytes.length
    while (missing > 0 && from > 0) {
      from = entry.bytes.lastIndexOf(NEWLINE, from - 1)
      if (from >= 0) missing--
    }
    if (missing > 0) kept.unshift(entry)
    else {
      kept.unshift({ ...entry, bytes: entry.bytes.subarray(from + 1) })
      break
    }
  }
  return kept
}
const NEWLINE = 10

/** `layerwright diff CONTAINER` */
export async function diffCommand(name: string, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & { json?: boolean }
  const { engine } = await openUserEngine(flags)
  const changes = await (await engine.containers.get(name)).diff()
  if (flags.json) return printJson(changes)
  for (const { kind, path } of changes) console.log(`${kind} ${path}`)
}
