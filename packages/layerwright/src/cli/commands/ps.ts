import type { ContainerSummary, LogEntry } from '@layerwright/container'
import { ago } from '../ago.js'
import { openUserEngine } from '../engine.js'
import { UsageError } from '../errors.js'
import { listPrinter } from '../format.js'
import { printJson, table } from '../output.js'
import { showPlace, showPort } from '../ports.js'
import { readCount, readTime } from '../quantities.js'
import type { CommandLike, GlobalOptions } from '../store.js'
import { shorten, showLabels } from '../words.js'

interface PsFlags extends GlobalOptions {
  readonly all?: boolean
  readonly filter: string[]
  readonly format?: string
  readonly json?: boolean
  readonly last?: string
  readonly latest?: boolean
  readonly quiet?: boolean
  /** commander's name for --no-trunc */
  readonly trunc: boolean
}

/** What `ps --format` can name, and its heading. */
const FIELDS = {
  ...{ ID: 'CONTAINER', Names: 'NAME', Image: 'IMAGE', Command: 'COMMAND', CreatedAt: 'CREATED AT', RunningFor: 'CREATED', Ports: 'PORTS' },
  ...{ State: 'STATE', Status: 'STATUS', Labels: 'LABELS', Mounts: 'MOUNTS' },
} as const

/** `layerwright ps`: running containers, or with `--all`, `--last`, `--latest` or a filter for a state all of them. */
export async function psCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as PsFlags
  const count = flags.latest ? 1 : flags.last === undefined ? undefined : readCount('last', flags.last)
  const print = listPrinter(flags.format, FIELDS)
  const { engine } = await openUserEngine(flags)
  const found = await engine.containers.list(flags.filter)
  const every = flags.all || count !== undefined || flags.filter.some((filter) => /^\s*(?:status|exited)\s*=/i.test(filter))
  const shown = found.filter(({ status }) => every || status === 'running').slice(0, count)
  if (flags.json) return printJson(shown)
  if (flags.quiet) {
    for (const { id } of shown) console.log(flags.trunc ? id.slice(0, 12) : id)
    return
  }
  const lines = shown.map((container) => lineOf(container, flags.trunc))
  if (print) return void process.stdout.write(print(lines))
  const columns = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'] as const
  console.log(
    table(
      columns.map((name) => FIELDS[name]),
      lines.map((line) => columns.map((name) => line[name])),
    ),
  )
}

function lineOf(container: ContainerSummary, trunc: boolean): Record<keyof typeof FIELDS, string> {
  const { id, name, image, command, created, status, exitCode, ports, labels, mounts } = container
  return {
    ID: trunc ? id.slice(0, 12) : id,
    Names: name,
    Image: image,
    Command: trunc ? shorten(command.join(' '), 30) : command.join(' '),
    CreatedAt: created,
    RunningFor: ago(created),
    Ports: ports.map(showPort).join(', '),
    State: status,
    Status: status === 'exited' ? `exited (${exitCode})` : status,
    Labels: showLabels(Object.entries(labels)),
    Mounts: mounts.map((mount) => mount.name ?? mount.source ?? mount.destination).join(','),
  }
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
  const flags = command.optsWithGlobals() as GlobalOptions & {
    timestamps?: boolean
    follow?: boolean
    tail?: string
    since?: string
    until?: string
  }
  const since = flags.since === undefined ? undefined : readTime('since', flags.since)
  const until = flags.until === undefined ? undefined : readTime('until', flags.until)
  const { engine } = await openUserEngine(flags)
  const container = await engine.containers.get(name)
  const stamp = timestamps()
  const show = (entry: LogEntry): void => {
    for (const bytes of flags.timestamps ? stamp(entry) : [entry.bytes]) process[entry.stream].write(bytes)
  }
  // all: also as the number below zero that Docker takes for it
  const { tail: asked = 'all' } = flags
  const tail = asked === 'all' || /^-\d+$/.test(asked) ? Number.POSITIVE_INFINITY : readCount('tail', asked)
  const wanted = ({ time }: LogEntry) =>
    (since === undefined || Date.parse(time) >= since) && (until === undefined || Date.parse(time) <= until)
  const there = await container.logs()
  for (const entry of lastLines(there.filter(wanted), tail)) show(entry)
  if (!flags.follow || (until !== undefined && until <= Date.now())) return
  let seen = 0
  for await (const entry of container.followLogs()) if (seen++ >= there.length && wanted(entry)) show(entry)
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
