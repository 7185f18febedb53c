import type { ImageRunConfig } from '@layerwright/dockerfile'
import { NoCommandError, WorkdirNotAbsoluteError } from './errors.js'
import { clean } from './paths.js'
import type { ContainerConfig } from './state/types.js'

/** What a container may be told in place of what its image says. */
export interface ConfigOverrides {
  readonly image: string
  /** In place of CMD. */
  readonly command?: readonly string[]
  /** In place of ENTRYPOINT; the image's CMD goes with it. Empty: none at all. */
  readonly entrypoint?: readonly string[]
  /** `NAME=value`; a bare `NAME` takes the variable away. */
  readonly env?: readonly string[]
  readonly user?: string
  readonly workdir?: string
  readonly hostname?: string
  /** In place of STOPSIGNAL. */
  readonly stopSignal?: string
  readonly labels?: ReadonlyMap<string, string>
  /** Places of anonymous volumes (`-v /path`), kept in the configuration as an image keeps its VOLUMEs. */
  readonly volumes?: readonly string[]
}

const nameOf = (variable: string): string => variable.split('=', 1)[0]!

/** An object without a prototype, so that no key of a user means more than itself. */
export const dictionary = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> => {
  const result: Record<string, T> = Object.create(null)
  for (const [key, value] of entries) result[key] = value
  return result
}

/**
 * The image's configuration under the caller's: variables and labels one by one, entrypoint and command as a pair, the rest as it is.
 * @throws WorkdirNotAbsoluteError, NoCommandError
 */
export function mergeConfig(image: ImageRunConfig, given: ConfigOverrides, id: string): ContainerConfig {
  const env = [...(given.env ?? [])]
  const named = new Set(env.map(nameOf))
  env.push(...(image.Env ?? []).filter((variable) => !named.has(nameOf(variable))))
  const own = given.command && given.command.length > 0 ? [...given.command] : null
  const entrypoint =
    given.entrypoint === undefined ? (image.Entrypoint ?? null) : given.entrypoint.length > 0 ? [...given.entrypoint] : null
  // A new entrypoint drops the image's command: it was written for the old one.
  const command = own ?? (given.entrypoint === undefined ? (image.Cmd ?? null) : null)
  if ((entrypoint?.length ?? 0) + (command?.length ?? 0) === 0) throw new NoCommandError(given.image)
  const workdir = given.workdir || image.WorkingDir || ''
  if (workdir !== '' && !workdir.startsWith('/')) throw new WorkdirNotAbsoluteError(workdir)
  const volumes = [...Object.keys(image.Volumes ?? {}), ...(given.volumes ?? [])]
  return {
    Hostname: given.hostname ?? id.slice(0, 12),
    User: given.user ?? image.User ?? '',
    Env: env,
    Cmd: command,
    Entrypoint: entrypoint,
    Image: given.image,
    WorkingDir: workdir === '' ? '' : clean(workdir),
    Labels: dictionary([...Object.entries(image.Labels ?? {}), ...(given.labels ?? [])]),
    ...(volumes.length > 0 ? { Volumes: dictionary(volumes.map((place) => [place, {}] as const)) } : {}),
    ...(image.ExposedPorts ? { ExposedPorts: image.ExposedPorts } : {}),
    ...(image.Healthcheck ? { Healthcheck: image.Healthcheck } : {}),
    ...((given.stopSignal ?? image.StopSignal) ? { StopSignal: given.stopSignal ?? image.StopSignal } : {}),
  }
}

/** What the main process is started with. */
export const commandLine = (config: ContainerConfig): string[] => [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The environment of a process: PATH and HOSTNAME, the container's variables over them, then those of one `exec`. HOME is the
 * user's unless somebody set it.
 */
export function processEnv(config: ContainerConfig, extra: readonly string[], home: string): Map<string, string> {
  const env = new Map([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', config.Hostname],
  ])
  for (const variable of [...(config.Env ?? []), ...extra]) {
    const cut = variable.indexOf('=')
    if (cut < 0) env.delete(variable)
    else env.set(variable.slice(0, cut), variable.slice(cut + 1))
  }
  if (!env.has('HOME')) env.set('HOME', home)
  return env
}
