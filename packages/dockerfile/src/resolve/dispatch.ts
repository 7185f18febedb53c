import type { Instruction } from '../instructions/types.js'
import { arg } from './arg.js'
import { copy } from './copy.js'
import { splitEnv } from './env.js'
import { located } from './errors.js'
import { Expansion } from './expansion.js'
import { commit } from './history.js'
import { run } from './run.js'
import * as settings from './settings.js'
import { type Command, defaultPath, ownImage, type Session, type StageState } from './state.js'
import { setWorkingDirectory, workdir } from './workdir.js'

/** Takes over what a stage inherits from the stage that it is built on. Triggers of that one do not carry over. */
export function inherit(state: StageState): void {
  const { base } = state
  if (!base) return
  const { OnBuild: _, ...config } = base.image.config
  state.image = ownImage({ ...base.image, config })
  state.platform = base.platform
  state.environment = base.environment.copy()
  state.cwd = base.cwd
  state.workdirSet = base.workdirSet
}

/** Runs a stage's instructions against its config. @throws ResolutionFault with the line */
export function dispatchStage(session: Session, state: StageState): void {
  inherit(state)
  if (state.base) state.args = [...state.base.args]
  state.dispatched = true
  state.platform ??= session.target
  const { config } = state.image
  const env = config.Env ?? []
  if (!env.some((entry) => splitEnv(entry)[0] === 'PATH') && state.platform.os !== 'windows') {
    config.Env = [...env, `PATH=${defaultPath(state.platform.os)}`]
  }
  for (const entry of config.Env ?? []) state.environment.set(...splitEnv(entry))
  try {
    if (config.WorkingDir) setWorkingDirectory(state, config.WorkingDir)
  } catch (error) {
    throw located(error, state.range)
  }
  for (const command of state.commands) {
    try {
      dispatch(session, state, command)
    } catch (error) {
      throw located(error, command.instruction)
    }
  }
}

function dispatch(session: Session, state: StageState, command: Command): void {
  const instruction: Instruction = command.instruction
  const expansion = new Expansion(session, state, instruction)
  switch (instruction.name) {
    case 'ADD':
    case 'COPY':
      copy(session, state, command, instruction, expansion)
      return
    case 'ARG':
      arg(session, state, instruction, expansion)
      return
    case 'CMD':
      settings.cmd(session, state, instruction, expansion)
      return
    case 'ENTRYPOINT':
      settings.entrypoint(session, state, instruction, expansion)
      return
    case 'ENV':
      settings.env(session, state, instruction, expansion)
      return
    case 'EXPOSE':
      settings.expose(session, state, instruction, expansion)
      return
    case 'HEALTHCHECK':
      settings.healthcheck(session, state, instruction, expansion)
      return
    case 'LABEL':
      settings.label(session, state, instruction, expansion)
      return
    case 'MAINTAINER':
      state.image.author = instruction.maintainer
      commit(session, state, `MAINTAINER ${instruction.maintainer}`)
      return
    case 'ONBUILD':
      state.image.config.OnBuild = [...(state.image.config.OnBuild ?? []), instruction.expression]
      return
    case 'RUN':
      run(session, state, command, instruction, expansion)
      return
    case 'SHELL':
      settings.shell(session, state, instruction)
      return
    case 'STOPSIGNAL':
      settings.stopsignal(session, state, instruction, expansion)
      return
    case 'USER':
      settings.user(session, state, instruction, expansion)
      return
    case 'VOLUME':
      settings.volume(session, state, instruction, expansion)
      return
    case 'WORKDIR':
      workdir(session, state, instruction, expansion)
      return
  }
}
