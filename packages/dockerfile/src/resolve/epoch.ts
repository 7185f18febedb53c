import type { Stage } from '../instructions/types.js'
import type { EscapeToken } from '../parse/types.js'
import { expandWord } from '../words/expand.js'
import type { Environment } from './env.js'
import { fault, located } from './errors.js'
import { isRemote } from './remote-source.js'

const NAME = 'SOURCE_DATE_EPOCH'
const HINT = 'give seconds since 1970, or the name of a context or of a stage that only ADDs one remote source'

/** Seconds within which a date can be written (year 9999). Go takes any 64-bit number and prints nonsense beyond. */
const LATEST = 253_402_300_799

export interface Epoch {
  readonly seconds: number | undefined
  /** Build arguments with the epoch in its canonical spelling, or without it where it says nothing. */
  readonly buildArgs: ReadonlyMap<string, string>
}

/**
 * The epoch as a build argument or the default of a global ARG. A number is it; any other word names a context or a stage whose source would
 * have to be asked for its date, which gives none for files of a folder.
 * @throws ResolutionFault `BAD_EPOCH`
 */
export function resolveEpoch(
  buildArgs: ReadonlyMap<string, string>,
  globals: Environment,
  stages: readonly Stage[],
  isContext: (name: string) => boolean,
  token: EscapeToken,
): Epoch {
  const given = buildArgs.get(NAME)
  const value = given ?? globals.get(NAME) ?? ''
  if (given === undefined && value === '') return { seconds: undefined, buildArgs }
  const seconds = secondsOf(value, globals, stages, isContext, token)
  const args = new Map(buildArgs)
  const canonical = seconds === undefined ? undefined : String(seconds)
  if (args.has(NAME)) {
    if (canonical === undefined) args.delete(NAME)
    else args.set(NAME, canonical)
  }
  if (globals.has(NAME)) {
    if (canonical === undefined) globals.delete(NAME)
    else globals.set(NAME, canonical)
  }
  return { seconds, buildArgs: args }
}

function secondsOf(
  value: string,
  globals: Environment,
  stages: readonly Stage[],
  isContext: (name: string) => boolean,
  token: EscapeToken,
): number | undefined {
  if (value === '') return undefined
  if (/^[+-]?[0-9]+$/.test(value)) {
    const seconds = Number(value)
    if (Math.abs(seconds) > LATEST) throw fault('BAD_EPOCH', `invalid ${NAME}: ${value}`, 'give seconds since 1970, before the year 10000')
    return seconds
  }
  if (value === 'context' || isContext(value)) return undefined
  const stage = stages.find(({ name }) => name !== '' && name.toLowerCase() === value.toLowerCase())
  if (!stage) throw fault('BAD_EPOCH', `invalid ${NAME}: ${value}`, HINT)
  try {
    checkSourceStage(stage, globals, token)
  } catch (error) {
    throw located(error, stage)
  }
  throw located(
    fault('BAD_EPOCH', `${NAME} can't be taken from the remote source of stage ${stage.name}`, 'give the seconds themselves'),
    stage,
  )
}

/** What the reference demands of a stage that stands for a date: FROM scratch and exactly one remote ADD. */
function checkSourceStage(stage: Stage, globals: Environment, token: EscapeToken): void {
  const environment = globals.copy()
  environment.delete(NAME)
  const bad = (message: string) => fault('BAD_EPOCH', message, HINT)
  const expand = (word: string) => expandWord(word, environment.lookup, { escape: token }).result
  if (expand(stage.baseName) !== 'scratch') throw bad(`${NAME} stage must use FROM scratch`)
  let found = false
  for (const command of stage.commands) {
    if (command.name === 'ARG') {
      for (const { key, value } of command.args) if (value !== null) environment.set(key, expand(value))
    } else if (command.name === 'ADD') {
      if (found) throw bad(`${NAME} stage must contain exactly one remote ADD`)
      if (command.heredocs.length > 0 || command.sources.length !== 1) throw bad(`${NAME} stage must contain exactly one remote ADD source`)
      if (!isRemote(expand(command.sources[0]!))) throw bad(`${NAME} stage source must be a single HTTP(S) or Git ADD`)
      found = true
    } else throw bad(`${NAME} stage does not meet source-only requirements: unsupported ${command.keyword} instruction`)
  }
  if (!found) throw bad(`${NAME} stage must contain exactly one remote ADD`)
}
