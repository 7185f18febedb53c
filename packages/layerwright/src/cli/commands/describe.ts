import { type LineRange, listTargets, type Outline, outlineDockerfile, parsePlatform, type TargetInfo } from '@layerwright/dockerfile'
import { excerptOf, findDockerfile } from '../dockerfile.js'
import { reportError } from '../errors.js'
import { printJson, table } from '../output.js'
import { paint } from '../paint.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike } from '../store.js'

interface DescribeFlags {
  readonly file?: string
  readonly target?: string
  readonly buildArg: string[]
  readonly platform?: string
  readonly json?: boolean
}

const optionsOf = (flags: DescribeFlags) => ({
  buildArgs: parseAssignments('build-arg', flags.buildArg, process.env),
  ...(flags.target === undefined ? {} : { target: flags.target }),
  ...(flags.platform === undefined ? {} : { platform: parsePlatform(flags.platform) }),
})

/** `layerwright targets [PATH]` */
export async function targetsCommand(place: string | undefined, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as DescribeFlags
  const { bytes, shown } = findDockerfile(place ?? '.', flags.file)
  try {
    const targets = listTargets(bytes, optionsOf(flags))
    if (flags.json) printJson({ version: 1, file: shown, targets })
    else printTargets(targets)
    return 0
  } catch (error) {
    return reportError(
      error,
      excerptOf(error, () => bytes),
    )
  }
}

/** `layerwright outline [PATH]` */
export async function outlineCommand(place: string | undefined, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as DescribeFlags
  const { bytes, shown } = findDockerfile(place ?? '.', flags.file)
  try {
    const outline = await outlineDockerfile(bytes, optionsOf(flags))
    if (flags.json) printJson({ version: 1, file: shown, ...outline })
    else printOutline(outline)
    return 0
  } catch (error) {
    return reportError(
      error,
      excerptOf(error, () => bytes),
    )
  }
}

function printTargets(targets: readonly TargetInfo[]): void {
  const rows = targets.map((target) => [
    `${nameOf(target)}${target.default ? ' (default)' : ''}`,
    target.base + (target.platform === '' ? '' : ` (${target.platform})`),
    String(target.startLine),
    target.description,
  ])
  console.log(table(['TARGET', 'BASE', 'LINE', 'DESCRIPTION'], rows, ['left', 'left', 'right', 'left']))
}

const nameOf = ({ name, index }: TargetInfo): string => (name === '' ? `stage ${index}` : name)
const linesOf = (locations: readonly LineRange[]): string => [...new Set(locations.map(({ startLine }) => startLine))].join(', ')

function printOutline({ target, stages, args, secrets, ssh, caches, mounts }: Outline): void {
  console.log(`${paint.bold('Target:')} ${nameOf(target)}${target.description === '' ? '' : `: ${target.description}`}`)
  console.log(`${paint.bold('Stages:')} ${stages.join(', ')}`)
  const print = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length > 0) console.log(`\n${paint.bold(title)}\n${table([...head, 'LINES'], rows)}`)
  }
  print(
    'Arguments',
    ['ARG', 'VALUE', 'DEFAULT', 'DESCRIPTION'],
    args.map(({ name, value, default: given, description, locations }) => [
      name,
      value ?? '',
      given ?? '',
      description,
      linesOf(locations),
    ]),
  )
  const asked = ({ id, required, locations }: Outline['secrets'][number]) => [id, required ? 'required' : 'optional', linesOf(locations)]
  print('Secrets', ['ID', 'NEED'], secrets.map(asked))
  print('SSH agents', ['ID', 'NEED'], ssh.map(asked))
  print(
    'Caches',
    ['ID', 'TARGET'],
    caches.map(({ id, targets, locations }) => [id, targets.join(', '), linesOf(locations)]),
  )
  const others = mounts.filter(({ mount }) => mount.type === 'bind' || mount.type === 'tmpfs')
  print(
    'Other mounts',
    ['STAGE', 'TYPE', 'TARGET', 'FROM'],
    others.map(({ stage, mount, startLine }) => [stage, mount.type, mount.target ?? '', sourceOf(mount.from), String(startLine)]),
  )
}

function sourceOf(from: Outline['mounts'][number]['mount']['from']): string {
  if (!from) return ''
  if (from.kind === 'stage') return `stage ${from.stage}`
  return from.kind === 'image' ? from.name : from.kind
}
