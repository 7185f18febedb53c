import type { EnvLookup } from '../words/types.js'

/** The variables in scope, in the order in which a process gets them: setting one again moves it to the end. */
export class Environment {
  private readonly values: Map<string, string>

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.values = new Map(entries)
  }

  /** Looks a name up, as word expansion wants it. */
  readonly lookup: EnvLookup = (name) => this.values.get(name)

  get(name: string): string | undefined {
    return this.values.get(name)
  }

  has(name: string): boolean {
    return this.values.has(name)
  }

  set(name: string, value: string): void {
    this.values.delete(name)
    this.values.set(name, value)
  }

  delete(name: string): void {
    this.values.delete(name)
  }

  names(): string[] {
    return [...this.values.keys()]
  }

  entries(): [string, string][] {
    return [...this.values]
  }

  copy(): Environment {
    return new Environment(this.values)
  }
}

/** `NAME=value` taken apart; without `=` the value is empty. */
export function splitEnv(entry: string): [name: string, value: string] {
  const equals = entry.indexOf('=')
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
}

/** `env` of an image config with one variable set in its place. */
export function withEnv(env: readonly string[], name: string, value: string): string[] {
  const at = env.findIndex((entry) => splitEnv(entry)[0] === name)
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`)
}
