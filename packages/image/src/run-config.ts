import { isObject } from './json.js'

const isString = (value: unknown): boolean => typeof value === 'string'
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isString)
const isSet = (value: unknown): boolean => isObject(value) && Object.values(value).every(isObject)
const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isString)

/** What each field of a config's `config` may hold (image-spec config.md, and Docker's additions). */
const FIELDS: Readonly<Record<string, readonly [form: string, test: (value: unknown) => boolean]>> = {
  User: ['a text', isString],
  WorkingDir: ['a text', isString],
  StopSignal: ['a text', isString],
  Env: ['a list of texts', isStrings],
  Entrypoint: ['a list of texts', isStrings],
  Cmd: ['a list of texts', isStrings],
  OnBuild: ['a list of texts', isStrings],
  Shell: ['a list of texts', isStrings],
  Labels: ['an object of texts', isTexts],
  ExposedPorts: ['an object of objects', isSet],
  Volumes: ['an object of objects', isSet],
  Healthcheck: ['an object', isObject],
}

/** What is wrong with a run configuration from outside, or undefined. `null` stands for a field that is not set. Unknown fields may hold anything. */
export function runConfigFault(config: unknown): string | undefined {
  if (config === undefined || config === null) return undefined
  if (!isObject(config)) return 'its config is no object'
  for (const [name, [form, test]] of Object.entries(FIELDS)) {
    const value = config[name]
    if (value !== undefined && value !== null && !test(value)) return `its ${name} is not ${form}`
  }
  return undefined
}
