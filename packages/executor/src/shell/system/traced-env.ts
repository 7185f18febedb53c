import type { FileAccess } from '../../types.js'
import { toName } from './bytes.js'

type Tell = ((access: FileAccess) => void) | undefined

/** Tells each name once. Undefined where nobody wants to hear. */
export function envTeller(tell: Tell): ((name: string) => void) | undefined {
  if (!tell) return undefined
  const told = new Set<string>()
  return (name) => {
    if (told.has(name)) return
    told.add(name)
    tell({ kind: 'env', name: toName(name) })
  }
}

/** The environment of a command that is told of when it is looked at: a name, or all of it. */
class TracedEnv extends Map<string, string> {
  readonly plain: Map<string, string>
  readonly #tell: (name: string) => void

  constructor(plain: Map<string, string>, tell: (name: string) => void) {
    super()
    this.plain = plain
    this.#tell = tell
  }
  override get(name: string): string | undefined {
    this.#tell(name)
    return this.plain.get(name)
  }
  override has(name: string): boolean {
    this.#tell(name)
    return this.plain.has(name)
  }
  override get size(): number {
    return this.all().size
  }
  override keys(): MapIterator<string> {
    return this.all().keys()
  }
  override values(): MapIterator<string> {
    return this.all().values()
  }
  override entries(): MapIterator<[string, string]> {
    return this.all().entries()
  }
  override [Symbol.iterator](): MapIterator<[string, string]> {
    return this.all().entries()
  }
  override forEach(visit: (value: string, name: string, map: Map<string, string>) => void): void {
    this.all().forEach(visit)
  }
  all(): Map<string, string> {
    this.#tell('')
    return this.plain
  }
}

export function tracedEnv(env: Map<string, string>, tell: Tell): Map<string, string> {
  const teller = envTeller(tell)
  return teller ? new TracedEnv(inherited(env), teller) : env
}

/** What a child gets: handing an environment on is no look at it. */
export const inherited = (env: Map<string, string>): Map<string, string> => (env instanceof TracedEnv ? env.plain : env)

/** A command shows all of its environment. */
export const seesAll = (env: Map<string, string>): void => {
  if (env instanceof TracedEnv) env.all()
}
