import { DockerfileSyntaxError, InstructionFault } from '../errors.js'
import { instructionNames } from '../parse/arguments.js'
import { type CheckOptions, noCheckOptions } from '../parse/check-options.js'
import type { DockerfileNode, ParseWarning } from '../parse/types.js'
import { suggest } from '../text/suggest.js'
import { readCmd, readEntrypoint, readRun } from './commands.js'
import { fault } from './faults.js'
import { type OpenStage, readFrom } from './from.js'
import { readHealthcheck } from './healthcheck.js'
import { readArg, readEnv, readLabel } from './pairs.js'
import { readExpose, readMaintainer, readOnbuild, readShell, readStopsignal, readUser, readVolume, readWorkdir } from './settings.js'
import { readAdd, readCopy } from './transfer.js'
import type { ArgInstruction, Instruction, Stage } from './types.js'
import { WarningCollector } from './warnings.js'

const readers: ReadonlyMap<string, (node: DockerfileNode) => Instruction> = new Map<string, (node: DockerfileNode) => Instruction>([
  ['add', readAdd],
  ['arg', readArg],
  ['cmd', readCmd],
  ['copy', readCopy],
  ['entrypoint', readEntrypoint],
  ['env', readEnv],
  ['expose', readExpose],
  ['healthcheck', readHealthcheck],
  ['label', readLabel],
  ['maintainer', readMaintainer],
  ['onbuild', readOnbuild],
  ['run', readRun],
  ['shell', readShell],
  ['stopsignal', readStopsignal],
  ['user', readUser],
  ['volume', readVolume],
  ['workdir', readWorkdir],
])

/** What the second pass makes of the nodes. */
export interface ReadInstructions {
  readonly metaArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
  readonly warnings: readonly ParseWarning[]
}

/**
 * Pass two: nodes to typed instructions, in stages. The first fault ends it.
 * @param warnings those of the first pass
 * @throws DockerfileSyntaxError of phase `instructions`
 */
export function readInstructions(
  nodes: readonly DockerfileNode[],
  warnings: readonly ParseWarning[] = [],
  options: CheckOptions = noCheckOptions,
): ReadInstructions {
  const collector = new WarningCollector(options, warnings)
  const metaArgs: ArgInstruction[] = []
  const stages: OpenStage[] = []
  for (const node of nodes) {
    const keyword = node.keyword.toLowerCase()
    collector.beforeReading(node, keyword)
    const fail = (found: InstructionFault, prefixed: boolean) =>
      new DockerfileSyntaxError(found.fault, 'instructions', [{ startLine: node.startLine, endLine: node.endLine }], {
        prefixed,
        warnings: collector.warnings,
      })
    try {
      if (keyword === 'from') {
        const stage = readFrom(node)
        collector.afterReading(node, stage)
        stages.push(stage)
        continue
      }
      const instruction = readNode(node, keyword)
      if (instruction.name === 'ARG') collector.afterReading(node, instruction)
      const stage = stages.at(-1)
      if (stage) stage.commands.push(instruction)
      else if (instruction.name === 'ARG') metaArgs.push(instruction)
      else {
        const hint = `Put a FROM line above ${instruction.name}; only ARG may stand in front of the first one.`
        throw fail(fault('NO_STAGE', 'no build stage in current context', hint), false)
      }
    } catch (error) {
      if (error instanceof InstructionFault) throw fail(error, true)
      throw error
    }
  }
  return { metaArgs, stages, warnings: collector.warnings }
}

function readNode(node: DockerfileNode, keyword: string): Instruction {
  const reader = readers.get(keyword)
  if (reader) return reader(node)
  const initial = node.keyword.charAt(0).toUpperCase()
  // Of equally near ones, one with the same initial is the likelier: the reference takes any.
  const likely = [...instructionNames].sort((a, b) => Number(b[0] === initial) - Number(a[0] === initial))
  const hint = `The instructions are ${instructionNames.join(', ')}.`
  throw fault('UNKNOWN_INSTRUCTION', `unknown instruction: ${node.keyword}`, hint, {
    suggestion: suggest(node.keyword, likely, false),
    focus: node.keyword,
  })
}

/**
 * Reads one node as an instruction of a stage.
 * @throws DockerfileSyntaxError without the line in front of its message; FROM is no instruction of a stage
 */
export function readInstruction(node: DockerfileNode): Instruction {
  try {
    const keyword = node.keyword.toLowerCase()
    if (keyword === 'from') throw fault('BAD_ONBUILD_TRIGGER', "FROM isn't allowed as an ONBUILD trigger", 'Remove the trigger.')
    return readNode(node, keyword)
  } catch (error) {
    if (!(error instanceof InstructionFault)) throw error
    throw new DockerfileSyntaxError(error.fault, 'instructions', [{ startLine: node.startLine, endLine: node.endLine }])
  }
}
