import type { ArgInstruction } from '../instructions/types.js'
import { checkSecretName, scanArguments } from '../lint/variable-checks.js'
import type { Expansion } from './expansion.js'
import { commit } from './history.js'
import type { Session, StageState } from './state.js'

/**
 * ARG in a stage: a build argument, else its own default, else what the argument of this name above the first FROM has. Within one instruction
 * each argument sees those before it. One without a value leaves what the name had.
 */
export function arg(session: Session, state: StageState, instruction: ArgInstruction, { word, lint }: Expansion): void {
  const shown: string[] = []
  for (const { key, value: written } of instruction.args) {
    checkSecretName('ARG', key, instruction, lint)
    const value = session.buildArgs.get(key) ?? (written === null ? session.globals.environment.get(key) : word(written))
    if (value !== undefined && !scanArguments.has(key)) state.environment.set(key, value)
    state.args.push({ key, value })
    shown.push(value === undefined ? key : `${key}=${value}`)
  }
  commit(session, state, `ARG ${shown.join(' ')}`)
}
