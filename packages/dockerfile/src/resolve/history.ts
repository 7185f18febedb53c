import type { Environment } from './env.js'
import type { Session, StageArg, StageState } from './state.js'
import type { HistoryEntry } from './types.js'

const COMMENT = 'buildkit.dockerfile.v0'

/**
 * Adds a history line.
 * @param layer whether the instruction makes a layer
 * @param marked RUN, COPY and ADD carry a mark behind their text, WORKDIR doesn't
 * @returns the line's text
 */
export function commit(session: Session, state: StageState, text: string, { layer = false, marked = false } = {}): string {
  const createdBy = marked ? `${text} # buildkit` : text
  const created = session.epoch === undefined ? {} : { created: utc(session.epoch) }
  const entry: HistoryEntry = { ...created, created_by: createdBy, comment: COMMENT, ...(layer ? {} : { empty_layer: true }) }
  state.image.history ??= []
  state.image.history.push(entry)
  return createdBy
}

/** A time as the reference writes it, whole seconds. */
export const utc = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** The arguments in front of a RUN's command: how many, and each with the value that the process sees. */
export function argumentPrefix(args: readonly StageArg[], environment: Environment): string[] {
  const values = new Map<string, string>()
  for (const { key, value } of args) values.set(key, environment.get(key) ?? value ?? '')
  return values.size === 0 ? [] : [`|${values.size}`, ...[...values].map(([key, value]) => `${key}=${value}`)]
}
