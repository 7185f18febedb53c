import { parseMount } from '../instructions/mount.js'
import type { Instruction, Stage } from '../instructions/types.js'
import { rules } from '../lint/rules.js'
import { reportUndefinedInFrom } from '../lint/variable-checks.js'
import type { LineRange } from '../parse/types.js'
import { goQuote } from '../text/go-quote.js'
import { byLikeness, suggest } from '../text/suggest.js'
import { expandWord } from '../words/expand.js'
import type { ExpandedWord } from '../words/types.js'
import { asFault, fault, located } from './errors.js'
import { readPlatform } from './platform.js'
import { contextName, parseReference } from './reference.js'
import { type Command, newState, type Session, StageRegistry, type StageState } from './state.js'
import type { Platform } from './types.js'

/**
 * The key of the named context that stands for `name`, if there is one.
 * @throws ResolutionFault for a name that no context could have
 */
export function namedContext(session: Session, name: string): string | undefined {
  const lower = name.toLowerCase()
  if (lower === 'scratch' || lower === 'context') return undefined
  const reference = parseReference(name)
  if (typeof reference === 'string')
    throw fault('BAD_CONTEXT_NAME', `invalid context name ${name}: ${reference}`, 'give the stage another name')
  return session.contexts.get(contextName(reference))
}

/** Makes the states of the Dockerfile's stages: base name and platform expanded and checked. */
export function registerStages(session: Session, stages: readonly Stage[]): StageRegistry {
  const registry = new StageRegistry()
  stages.forEach((stage, index) => {
    const lint = session.lint.under(stage.comments)
    const known = new Set([...session.globals.declared, ...session.globals.environment.names()])
    let base: ExpandedWord
    try {
      base = expandWord(stage.baseName, session.globals.environment.lookup, { escape: session.escape })
    } catch (error) {
      throw located(error, stage)
    }
    reportUndefinedInFrom(base.unmatched, known, stage, lint)
    if (base.result === '') {
      const error = fault(
        'BLANK_BASE',
        `base name (${stage.baseName}) should not be blank`,
        'give the argument a default above the first FROM, or pass it as a build argument',
      )
      throw located(error, stage)
    }
    const platform = stage.platform === '' ? undefined : stagePlatform(session, stage, known)
    const context = stage.name === '' ? undefined : namedContext(session, stage.name)
    const label = stage.name !== '' || context !== undefined ? stage.name : `stage-${index}`
    const state = newState({ index, stage, range: stage, label, baseName: base.result, platform, context })
    registry.add(state)
    if (context !== undefined) state.base = undefined
  })
  return registry
}

function stagePlatform(session: Session, stage: Stage, known: ReadonlySet<string>): Platform {
  const lint = session.lint.under(stage.comments)
  const { environment } = session.globals
  let word: ExpandedWord
  try {
    word = expandWord(stage.platform, environment.lookup, { escape: session.escape })
  } catch (error) {
    const found = asFault(error)
    if (!found) throw error
    throw located(
      fault('BAD_PLATFORM', `failed to process arguments for platform : ${found.fault.message}`, found.fault.hint, undefined, error),
      stage,
    )
  }
  reportUndefinedInFrom(word.unmatched, known, stage, lint)
  if (
    word.matched.size === 1 &&
    word.unmatched.size === 0 &&
    word.matched.has('TARGETPLATFORM') &&
    word.result === environment.get('TARGETPLATFORM')
  ) {
    lint.report(rules.redundantTargetPlatform, stage, stage.platform)
  }
  if (word.matched.size === 0 && word.unmatched.size === 0) reportConstantPlatform(session, stage, word.result)
  const [unknown] = word.unmatched
  const suggestion = unknown === undefined ? undefined : suggest(unknown, environment.names(), true)
  const meant = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
  if (word.result === '') {
    const error = fault(
      'BLANK_PLATFORM',
      `empty platform value from expression ${stage.platform}${meant}`,
      'declare the argument above the first FROM',
      suggestion,
    )
    throw located(error, stage)
  }
  try {
    return readPlatform(word.result, session.build)
  } catch (error) {
    const found = asFault(error)
    if (!found) throw error
    const message = `failed to parse platform ${stage.platform}: ${found.fault.message}${meant}`
    // The reference names the place twice.
    throw located(located(fault('BAD_PLATFORM', message, found.fault.hint, suggestion), stage), stage)
  }
}

/** FromPlatformFlagConstDisallowed: a constant is fine only in a stage whose name says which platform it is for. */
function reportConstantPlatform(session: Session, stage: Stage, text: string): void {
  let platform: Platform
  try {
    platform = readPlatform(text, session.build)
  } catch {
    return // reported as an error by the caller
  }
  if (stage.name.includes(platform.os) || stage.name.includes(platform.architecture)) return
  session.lint.under(stage.comments).report(rules.fromPlatformFlagConstDisallowed, stage, text)
}

/** Finds what every instruction takes files from; images that are no stage join the registry. */
export function connectStages(session: Session, registry: StageRegistry): void {
  // Images that join while this loop runs have no instructions, so they may be gone through as well.
  for (const state of registry.states) {
    if (!state.stage) continue
    // Those of a stage that a named context replaces, too: they are not run, but their numbers and circles are checked, and their triggers fire in a child.
    state.commands = state.stage.commands.map((instruction) => connect(session, registry, state, instruction))
  }
  checkCycles(registry.states)
  for (const state of registry.states) if (state.context !== undefined) state.dependencies.clear()
  if (registry.states.length === 1) registry.states[0]!.label = ''
}

/** The sources of one instruction of `state`. `range`: where to point for an image that it names. */
export function connect(session: Session, registry: StageRegistry, state: StageState, instruction: Instruction): Command {
  let sources: (StageState | undefined)[] = []
  if (instruction.name === 'COPY' && instruction.from !== '') sources = [copySource(session, registry, instruction.from, instruction)]
  if (instruction.name === 'RUN') {
    sources = instruction.mounts.map((flag) => {
      const { type, from } = flag.parsed ?? writtenSource(flag.raw)
      const name = from === '' && type === 'cache' ? 'scratch' : from
      return name === '' || type === 'tmpfs' ? undefined : (registry.find(name) ?? image(name, instruction))
    })
  }
  for (const source of sources) {
    if (!source) continue
    state.dependencies.set(source, instruction)
    if (!source.stage && !registry.states.includes(source)) registry.add(source)
  }
  return { instruction, sources }
}

const image = (name: string, { startLine, endLine }: LineRange): StageState =>
  newState({
    index: -1,
    stage: undefined,
    range: { startLine, endLine },
    label: '',
    baseName: name,
    platform: undefined,
    context: undefined,
  })

function copySource(session: Session, registry: StageRegistry, from: string, range: LineRange): StageState {
  const { result } = expandWord(from, () => undefined, { escape: session.escape })
  if (result !== from) {
    throw fault(
      'NO_EXPANSION',
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      'add a stage "FROM $NAME AS source" and copy --from=source',
    )
  }
  if (!/^[+-]?[0-9]+$/.test(from)) return registry.find(from) ?? image(from, range)
  const index = Number(from)
  const found = registry.states[index]
  if (index < 0 || !found)
    throw fault('BAD_STAGE_INDEX', `invalid stage index ${index}`, 'stages are counted from 0; better give the stage a name')
  return found
}

/** Type and source of a mount that can't be read before its variables are known. */
function writtenSource(raw: string): { type: string; from: string } {
  try {
    return parseMount(raw, () => '')
  } catch {
    const value = (key: string) =>
      raw
        .split(',')
        .find((field) => field.split('=')[0]?.toLowerCase() === key)
        ?.slice(key.length + 1) ?? ''
    return { type: value('type') || 'bind', from: value('from') }
  }
}

/** @throws ResolutionFault `CYCLIC_STAGES` with the lines of the instructions that make the circle */
function checkCycles(states: readonly StageState[]): void {
  const visited = new Set<StageState>()
  const open = new Set<StageState>()
  const visit = (start: StageState): Instruction[] | undefined => {
    // A stack of our own: stages may be chained thousands deep.
    const stack = [{ state: start, next: start.dependencies.entries(), via: undefined as Instruction | undefined }]
    if (visited.has(start)) return undefined
    visited.add(start)
    open.add(start)
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const step = top.next.next()
      if (step.done) {
        open.delete(top.state)
        stack.pop()
        continue
      }
      const [state, via] = step.value
      if (open.has(state)) return [...stack.flatMap((frame) => frame.via ?? []), via]
      if (visited.has(state)) continue
      visited.add(state)
      open.add(state)
      stack.push({ state, next: state.dependencies.entries(), via })
    }
    return undefined
  }
  for (const state of states) {
    const circle = visit(state)
    if (!circle) continue
    let error: unknown = fault(
      'CYCLIC_STAGES',
      `circular dependency detected on stage: ${state.label}`,
      'a stage can only take files from stages above it',
    )
    for (const instruction of circle) error = located(error, instruction)
    throw error
  }
}

/** The state with this name. @throws ResolutionFault `TARGET_NOT_FOUND` */
export function findTarget(registry: StageRegistry, target: string | undefined, stages: number): StageState {
  if (target === undefined || target === '') return registry.states[stages - 1]!
  const found = registry.find(target)
  if (found) return found
  const names = registry.names()
  const suggestion = suggest(target, names, true)
  const meant = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
  throw fault('TARGET_NOT_FOUND', `target stage ${goQuote(target)} could not be found${meant}`, stagesFor(target, names), suggestion)
}

/** Stages that are named in a message, at most. */
const NAMED = 20

function stagesFor(target: string, names: readonly string[]): string {
  if (names.length === 0) return 'no stage of the Dockerfile has a name: leave the target out, or name one with FROM … AS NAME'
  const ordered = byLikeness(target, names)
  const more = ordered.length > NAMED ? ` and ${ordered.length - NAMED} more` : ''
  return `name one of the stages: ${ordered.slice(0, NAMED).join(', ')}${more}`
}

/** The state and everything it stands on or takes from. */
export function reachable(target: StageState): Set<StageState> {
  const found = new Set<StageState>([target])
  for (const state of found) {
    if (state.base) found.add(state.base)
    for (const source of state.dependencies.keys()) found.add(source)
  }
  return found
}
