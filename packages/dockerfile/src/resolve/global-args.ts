import type { ArgInstruction } from '../instructions/types.js'
import type { EscapeToken } from '../parse/types.js'
import { expandWord } from '../words/expand.js'
import { Environment } from './env.js'
import { located } from './errors.js'
import { formatPlatform } from './platform.js'
import type { Platform } from './types.js'

/** The arguments that FROM lines see and that stages inherit by naming them. */
export interface Globals {
  readonly environment: Environment
  /** Names that an ARG above the first FROM declares, with a value or without. */
  readonly declared: ReadonlySet<string>
}

/** The automatic arguments. A build argument of the same name overrides one. */
export function platformArguments(build: Platform, target: Platform, stage: string, overrides: ReadonlyMap<string, string>): Environment {
  const environment = new Environment()
  for (const [name, value] of [
    ['BUILDPLATFORM', formatPlatform(build)],
    ['BUILDOS', build.os],
    ['BUILDOSVERSION', ''],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
    ['TARGETPLATFORM', formatPlatform(target)],
    ['TARGETOS', target.os],
    ['TARGETOSVERSION', ''],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['TARGETSTAGE', stage === '' ? 'default' : stage],
  ] as const) {
    environment.set(name, overrides.get(name) ?? value)
  }
  return environment
}

/**
 * Adds the ARG instructions above the first FROM; each sees those before it.
 * @throws WordError with its place
 */
export function globalArguments(
  start: Environment,
  instructions: readonly ArgInstruction[],
  buildArgs: ReadonlyMap<string, string>,
  token: EscapeToken,
): Globals {
  const environment = start.copy()
  const declared = new Set<string>()
  for (const instruction of instructions) {
    for (const { key, value } of instruction.args) {
      declared.add(key)
      const given = buildArgs.get(key)
      if (given !== undefined) environment.set(key, given)
      else if (value !== null) {
        try {
          environment.set(key, expandWord(value, environment.lookup, { escape: token }).result)
        } catch (error) {
          throw located(error, instruction)
        }
      }
    }
  }
  return { environment, declared }
}
