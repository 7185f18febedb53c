import { DockerfileSyntaxError } from '../errors.js'
import type { Instruction } from '../instructions/types.js'
import { parseInstruction } from '../parse.js'
import { fault, located, ResolutionFault, type ResolveFault } from './errors.js'
import { connect } from './graph.js'
import type { Command, Session, StageRegistry, StageState } from './state.js'

/**
 * Puts the ONBUILD triggers of the base image, or of the parent stage, in front of a stage's instructions. They are only read now: until then
 * they are text.
 * @returns whether they name sources that were not known before
 */
export function readTriggers(session: Session, registry: StageRegistry, state: StageState): boolean {
  if (state.triggersRead) return false
  state.triggersRead = true
  const { OnBuild: stored, ...config } = state.image.config
  const fromStage = state.base?.commands.flatMap(({ instruction }) => (instruction.name === 'ONBUILD' ? [instruction.expression] : []))
  const texts = [...(state.base ? [] : (stored ?? [])), ...(fromStage ?? [])]
  if (texts.length === 0) return false
  state.image = { ...state.image, config }
  const commands: Command[] = []
  try {
    for (const text of texts) commands.push(connect(session, registry, state, readTrigger(text, state)))
  } catch (error) {
    const found = triggerFault(error)
    throw found ? located(found, state.range) : error
  }
  state.commands = [...commands, ...state.commands]
  return commands.some(({ sources }) => sources.length > 0)
}

/** The trigger as an instruction at the lines of the FROM that fired it. */
function readTrigger(text: string, { range: { startLine, endLine } }: StageState): Instruction {
  return { ...parseInstruction(text), startLine, endLine }
}

/** A trigger's fault without the lines of its own text, which mean nothing to the reader. */
function triggerFault(error: unknown): ResolutionFault | undefined {
  if (error instanceof DockerfileSyntaxError) {
    const found: ResolveFault = {
      code: error.code,
      message: error.message,
      hint: `${error.hint} (in an ONBUILD trigger of the base)`,
      suggestion: error.suggestion,
      cause: error,
    }
    return new ResolutionFault(found)
  }
  return error instanceof ResolutionFault ? fault('BAD_TRIGGER', error.message, error.fault.hint, undefined, error) : undefined
}
