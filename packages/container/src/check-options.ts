import { unknownKeys } from '@layerwright/dockerfile'
import { OptionsInvalidError } from './errors.js'
import type { CreateOptions } from './lifecycle/create.js'
import type { ExecOptions } from './lifecycle/exec.js'
import type { Attachment } from './lifecycle/process.js'
import type { StartOptions } from './lifecycle/start.js'
import type { ProcessSettings } from './state/types.js'

/** The type checker holds these to be all keys of their types. */
type Keys<T> = Record<keyof Required<T>, 0>
const ATTACHMENT: Keys<Attachment> = { stdin: 0, terminal: 0, onOutput: 0, onProcess: 0, signal: 0 }
const START: Keys<StartOptions> = { ...ATTACHMENT, detach: 0 }
const EXEC: Keys<ExecOptions> = { ...ATTACHMENT, argv: 0, user: 0, workdir: 0, env: 0 }
const SETTINGS: Keys<ProcessSettings> = { stopTimeout: 0, network: 0, ports: 0, extraHosts: 0, resources: 0, terminal: 0 }
const CREATE: Keys<CreateOptions> = {
  ...{ image: 0, command: 0, entrypoint: 0, env: 0, user: 0, workdir: 0, hostname: 0, stopSignal: 0, labels: 0 },
  ...{ volumes: 0, mounts: 0, tmpfs: 0, volumesFrom: 0, name: 0, readonlyRootfs: 0, autoRemove: 0, hold: 0, executor: 0 },
  ...{ settings: 0, publishAll: 0, platform: 0 },
}

/** All that is wrong with the form of what a container is to be made from, at once. @throws OptionsInvalidError */
export function checkCreateOptions(options: CreateOptions): void {
  const faults = faultsOf(options, CREATE, ['command', 'entrypoint', 'env', 'volumes', 'mounts', 'tmpfs', 'volumesFrom'])
  if (isObject(options)) {
    if (typeof options.image !== 'string') faults.push('`image` is missing: name one, or give its digest')
    if (options.labels !== undefined && typeof options.labels.get !== 'function')
      faults.push('`labels` is no Map: give new Map(Object.entries(…))')
    if (isObject(options.settings)) faults.push(...unknownKeys(options.settings, Object.keys(SETTINGS), 'settings.'))
  }
  refuse('a container', faults)
}

/** @throws OptionsInvalidError */
export function checkExecOptions(options: ExecOptions): void {
  const faults = faultsOf(options, EXEC, ['argv', 'env'])
  if (isObject(options) && options.argv === undefined) faults.push('`argv` is missing: give the command as an array')
  refuse('exec', faults)
}

/** @throws OptionsInvalidError */
export const checkStartOptions = (options: StartOptions): void => refuse('a start', faultsOf(options, START, []))

function faultsOf(options: object, known: object, arrays: readonly string[]): string[] {
  if (!isObject(options)) return ['they are no object']
  const given = new Map<string, unknown>(Object.entries(options))
  const wrong = arrays.filter((name) => given.get(name) !== undefined && !Array.isArray(given.get(name)))
  return [...unknownKeys(options, Object.keys(known)), ...wrong.map((name) => `\`${name}\` is no array`)]
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function refuse(what: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new OptionsInvalidError(what, faults)
}
