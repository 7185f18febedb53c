import type { WorkdirInstruction } from '../instructions/types.js'
import { rules } from '../lint/rules.js'
import { shownCommand } from './display.js'
import type { Expansion } from './expansion.js'
import { commit } from './history.js'
import { configDirectory, isAbsolute, workingDirectory } from './paths.js'
import type { Session, StageState } from './state.js'

/** Sets the directory for what follows; on WORKDIR itself also makes it, but for the root, which is there. */
export function setWorkingDirectory(state: StageState, path: string): void {
  const { os } = state.platform!
  state.cwd = workingDirectory(state.image.config.WorkingDir ?? '', path, os)
  state.image.config.WorkingDir = configDirectory(state.cwd, os)
}

export function workdir(session: Session, state: StageState, instruction: WorkdirInstruction, { word, lint }: Expansion): void {
  const path = word(instruction.path)
  if (!state.workdirSet && !isAbsolute(path, state.platform!.os)) lint.report(rules.workdirRelativePath, instruction, path)
  state.workdirSet = true
  setWorkingDirectory(state, path)
  const layer = state.cwd !== '/'
  const createdBy = commit(session, state, `WORKDIR ${state.cwd}`, { layer })
  if (!layer) return
  const { startLine, endLine } = instruction
  const display = shownCommand(session, state, instruction.source)
  state.steps.push({ kind: 'workdir', startLine, endLine, display, createdBy, path: state.cwd, user: state.image.config.User ?? '' })
}
