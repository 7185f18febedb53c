import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Container, type CreateOptions, exitCodeOf, type ProcessSettings } from '@layerwright/container'
import { parsePlatform } from '@layerwright/dockerfile'
import type { ExecutorKind } from '../../executor.js'
import { attached } from '../attach.js'
import { openUserEngine } from '../engine.js'
import { reportError, UsageError } from '../errors.js'
import { DetachedStartError } from '../launch.js'
import { readPorts } from '../ports.js'
import { readSeconds } from '../quantities.js'
import { readHost, readResources } from '../run-settings.js'
import { parseAssignments } from '../specs.js'
import type { CommandLike, GlobalOptions } from '../store.js'

/** The flags of `run` and `create`, as commander names them. */
export interface RunFlags extends GlobalOptions {
  readonly name?: string
  readonly entrypoint?: string
  readonly env: string[]
  readonly envFile: string[]
  readonly user?: string
  readonly workdir?: string
  readonly hostname?: string
  readonly label: string[]
  readonly labelFile: string[]
  readonly cidfile?: string
  readonly pull: 'missing' | 'always' | 'never'
  readonly platform?: string
  readonly volume: string[]
  readonly mount: string[]
  readonly tmpfs: string[]
  readonly volumesFrom: string[]
  readonly readOnly?: boolean
  readonly rm?: boolean
  readonly detach?: boolean
  readonly hold?: boolean
  readonly interactive?: boolean
  readonly tty?: boolean
  readonly stopSignal?: string
  readonly stopTimeout?: string
  readonly network?: 'host' | 'none' | 'private'
  readonly publish: string[]
  readonly publishAll?: boolean
  readonly addHost: string[]
  readonly ulimit: string[]
  readonly memory?: string
  readonly cpus?: string
  readonly shmSize?: string
  readonly executor?: ExecutorKind
}

/** `NAME` alone takes the variable of this environment, as Docker does. */
const environment = (values: readonly string[]): string[] =>
  [...parseAssignments('env', values, process.env)].map(([name, value]) => `${name}=${value}`)

/** The lines of a file of variables or labels, without comments. @throws UsageError */
function readLines(flag: string, file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--${flag} ${file}: ${(error as Error).message}`, 'name a file that can be read, with NAME=VALUE on each line')
  }
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

const readEnvFiles = (files: readonly string[]): string[] => files.flatMap((file) => readLines('env-file', file))

export function createOptions(image: string, command: readonly string[], flags: RunFlags): CreateOptions {
  const settings = processSettings(flags)
  return {
    image,
    ...(command.length > 0 ? { command } : {}),
    ...(flags.entrypoint === undefined ? {} : { entrypoint: flags.entrypoint === '' ? [] : [flags.entrypoint] }),
    env: environment([...readEnvFiles(flags.envFile), ...flags.env]),
    labels: parseAssignments('label', [...flags.labelFile.flatMap((file) => readLines('label-file', file)), ...flags.label]),
    ...(flags.platform === undefined ? {} : { platform: parsePlatform(flags.platform) }),
    volumes: flags.volume.map(absoluteSource),
    mounts: flags.mount,
    tmpfs: flags.tmpfs,
    volumesFrom: flags.volumesFrom,
    readonlyRootfs: flags.readOnly ?? false,
    autoRemove: flags.rm ?? false,
    hold: flags.hold ?? false,
    settings,
    publishAll: flags.publishAll ?? false,
    ...(flags.executor === undefined ? {} : { executor: flags.executor }),
    ...(flags.stopSignal === undefined ? {} : { stopSignal: flags.stopSignal }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
  }
}

function processSettings(flags: RunFlags): ProcessSettings {
  const ports = readPorts(flags)
  return {
    ...(ports.length === 0 ? {} : { ports }),
    extraHosts: flags.addHost.map(readHost),
    resources: readResources(flags),
    ...(flags.network === undefined ? {} : { network: flags.network }),
    ...(flags.tty ? { terminal: true } : {}),
    ...(flags.stopTimeout === undefined ? {} : { stopTimeout: readSeconds('stop-timeout', flags.stopTimeout) }),
  }
}

/** `-v ./data:/data`: a source that begins with a dot is a folder beside where the command is typed, as newer Docker has it. */
function absoluteSource(volume: string): string {
  const colon = volume.indexOf(':')
  const source = colon < 0 ? '' : volume.slice(0, colon)
  return source === '.' || source === '..' || /^\.{1,2}\//.test(source) ? `${resolve(source)}${volume.slice(colon)}` : volume
}

/** `layerwright run IMAGE [COMMAND…]`: gives the program's exit status; 125 to 127 where it could not be started, as Docker does. */
export async function runCommand(image: string, command: readonly string[], _flags: unknown, self: CommandLike): Promise<number> {
  const flags = self.optsWithGlobals() as RunFlags
  try {
    if (flags.detach && flags.tty) throw new UsageError("--detach --tty: the terminal would be nobody's", 'leave one of them out')
    const container = await make(image, command, flags)
    if (flags.detach || flags.hold) {
      await container.start({ detach: true })
      console.log(container.id)
      return 0
    }
    return (await attached(flags, (attachment) => container.start(attachment))).exitCode ?? 0
  } catch (error) {
    reportError(error)
    return error instanceof DetachedStartError ? error.exitCode : exitCodeOf(error, 'run')
  }
}

/** `layerwright create IMAGE [COMMAND…]`: prints the container's id. */
export async function createCommand(image: string, command: readonly string[], _flags: unknown, self: CommandLike): Promise<void> {
  console.log((await make(image, command, self.optsWithGlobals() as RunFlags)).id)
}

/** Makes the container; an image that is missing is brought from its registry, unless that is not wanted. */
async function make(image: string, command: readonly string[], flags: RunFlags): Promise<Container> {
  const options = createOptions(image, command, flags)
  const { engine, store } = await openUserEngine(flags)
  const create = async () => {
    const bring = async () => (await import('../bring-image.js')).bringImage(store, image, flags.platform)
    if (flags.pull === 'always') await bring()
    try {
      return await engine.containers.create(options)
    } catch (error) {
      // what begins like a digest is one of the store's: no registry knows it by that
      const missing = (error as { code?: unknown }).code === 'NO_SUCH_IMAGE' && !/^(sha256:.*|[0-9a-f]{12,64})$/.test(image)
      if (flags.pull !== 'missing' || !missing) throw error
      await bring()
      return engine.containers.create(options)
    }
  }
  return flags.cidfile === undefined ? create() : withIdFile(flags.cidfile, create)
}

/** The file is made before the container: one that can't be written is told while there is nothing yet. */
async function withIdFile(file: string, create: () => Promise<Container>): Promise<Container> {
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    const there = (error as { code?: unknown }).code === 'EEXIST'
    throw new UsageError(
      `--cidfile ${file}: ${there ? 'it is there already' : (error as Error).message}`,
      there
        ? 'remove it, or name another: it could be the id of a container that runs'
        : 'name a new file in a folder that can be written to',
    )
  }
  try {
    const container = await create()
    writeFileSync(file, container.id)
    return container
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

/** `layerwright exec CONTAINER COMMAND…` */
export async function execCommand(name: string, argv: readonly string[], _flags: unknown, self: CommandLike): Promise<number> {
  const flags = self.optsWithGlobals() as GlobalOptions &
    Pick<RunFlags, 'env' | 'envFile' | 'user' | 'workdir' | 'interactive' | 'tty' | 'executor'>
  try {
    const { engine } = await openUserEngine(flags)
    const container = await engine.containers.get(name)
    return await attached(flags, (attachment) =>
      container.exec({
        argv,
        env: environment([...readEnvFiles(flags.envFile), ...flags.env]),
        ...(flags.user === undefined ? {} : { user: flags.user }),
        ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
        ...attachment,
      }),
    )
  } catch (error) {
    reportError(error)
    return exitCodeOf(error, 'exec')
  }
}
