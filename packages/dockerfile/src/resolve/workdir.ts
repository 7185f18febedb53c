import type { WorkdirInstruction } from '../instructions/types.js'
import { rules } from '../lint/rules.js'
import { shownCommand } from './display.js'
import type { Expansion } from './expansion.js'
import { commit } from './history.js'
import { configDirectory, isAbsolute, joinAbsolute, workingDirectory } from './paths.js'
import type { Session, StageState } from './state.js'

/** Sets the directory for what follows. Gives it with forward slashes, as the config has it. */
export function setWorkingDirectory(state: StageState, path: string): string {
  const { os } = state.platform!
  const directory = workingDirectory(state.image.config.WorkingDir ?? '', path, os)
  state.cwd = joinAbsolute(directory)
  state.image.config.WorkingDir = configDirectory(directory, os)
  return directory
}

/** WORKDIR also makes the directory, but for the root, which is there. */
export function workdir(session: Session, state: StageState, instruction: WorkdirInstruction, expansion: Expansion): void {
  const { word, lint } = expansion
  const path = word(instruction.path)
  if (!state.workdirSet && !isAbsolute(path, state.platform!.os)) lint.report(rules.workdirRelativePath, instruction, path)
  state.workdirSet = true
  // The config and the history have it as written; what is made and entered is clean.
  const directory = setWorkingDirectory(state, path)
  const layer = directory !== '/'
  const createdBy = commit(session, state, `WORKDIR ${directory}`, { layer })
  if (!layer) return
  const { startLine, endLine } = instruction
  const display = shownCommand(session, state, instruction.source)
  const user = state.image.config.User ?? ''
  state.steps.push({ kind: 'workdir', startLine, endLine, display, createdBy, path: state.cwd, user, written: expansion.written() })
}
