import type {
  CmdInstruction,
  EntrypointInstruction,
  EnvInstruction,
  ExposeInstruction,
  HealthcheckInstruction,
  LabelInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from '../instructions/types.js'
import type { LintReporter } from '../lint/reporter.js'
import { rules } from '../lint/rules.js'
import { checkSecretName } from '../lint/variable-checks.js'
import { withEnv } from './env.js'
import { fault } from './errors.js'
import type { Expansion } from './expansion.js'
import { duration, list, quotedList } from './go-format.js'
import { commit } from './history.js'
import { exposedPorts } from './ports.js'
import { isSignal } from './signals.js'
import type { Session, StageState, Tracker } from './state.js'
import type { ImageRunConfig } from './types.js'

/** The instructions that only set something in the image's config. All words of one see the variables as they were before it. */

/** A name of the user becomes a key without being able to reach the prototype. */
function withEntry<T>(record: Readonly<Record<string, T>> | undefined, entries: Iterable<readonly [string, T]>): Record<string, T> {
  const copy: Record<string, T> = Object.assign(Object.create(null), record)
  for (const [key, value] of entries) copy[key] = value
  return copy
}

/** The shell in front of a command line in shell form. */
export function withShell({ os, config }: { os: string; config: ImageRunConfig }, args: readonly string[]): string[] {
  const shell = config.Shell && config.Shell.length > 0 ? config.Shell : os === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c']
  return [...shell, args.join(' ')]
}

export function env(session: Session, state: StageState, instruction: EnvInstruction, { word, lint }: Expansion): void {
  const pairs = instruction.pairs.map(({ key, value, legacy }) => ({ key: word(key), value: word(value), legacy }))
  let line = 'ENV'
  for (const { key, value, legacy } of pairs) {
    if (legacy) lint.report(rules.legacyKeyValueFormat, instruction, instruction.keyword)
    checkSecretName('ENV', key, instruction, lint)
    line += ` ${key}=${value}`
    state.environment.set(key, value)
    state.image.config.Env = withEnv(state.image.config.Env ?? [], key, value)
  }
  commit(session, state, line)
}

export function label(session: Session, state: StageState, instruction: LabelInstruction, { word, lint }: Expansion): void {
  const pairs = instruction.pairs.map(({ key, value, legacy }) => ({ key: word(key), value: word(value), legacy }))
  let line = 'LABEL'
  for (const { key, value, legacy } of pairs) {
    if (legacy) lint.report(rules.legacyKeyValueFormat, instruction, instruction.keyword)
    line += ` ${key}=${value}`
  }
  state.image.config.Labels = withEntry(
    state.image.config.Labels,
    pairs.map(({ key, value }) => [key, value] as const),
  )
  commit(session, state, line)
}

/** MultipleInstructionsDisallowed points at the earlier one, because that is the one without effect. */
function usedOnce(
  tracker: Tracker,
  instruction: CmdInstruction | EntrypointInstruction | HealthcheckInstruction,
  lint: LintReporter,
): void {
  if (tracker.previous) lint.report(rules.multipleInstructionsDisallowed, tracker.previous, instruction.keyword)
  tracker.previous = instruction
}

function commandLine(state: StageState, instruction: CmdInstruction | EntrypointInstruction, lint: LintReporter): string[] | null {
  if (instruction.form === 'exec') return instruction.args === null ? null : [...instruction.args]
  if (!state.image.config.Shell?.length) lint.report(rules.jsonArgsRecommended, instruction, instruction.keyword)
  return withShell(state.image, instruction.args ?? [])
}

export function cmd(session: Session, state: StageState, instruction: CmdInstruction, { lint }: Expansion): void {
  usedOnce(state.cmd, instruction, lint)
  const args = commandLine(state, instruction, lint)
  state.image.config.Cmd = args
  state.image.config.ArgsEscaped = true
  commit(session, state, `CMD ${quotedList(args ?? [])}`)
}

/** It clears a CMD that comes from the base, not one set in the same stage. */
export function entrypoint(session: Session, state: StageState, instruction: EntrypointInstruction, { lint }: Expansion): void {
  usedOnce(state.entrypoint, instruction, lint)
  const args = commandLine(state, instruction, lint)
  state.image.config.Entrypoint = args
  if (!state.cmd.previous) delete state.image.config.Cmd
  commit(session, state, `ENTRYPOINT ${quotedList(args ?? [])}`)
}

export function healthcheck(session: Session, state: StageState, instruction: HealthcheckInstruction, { lint }: Expansion): void {
  usedOnce(state.healthcheck, instruction, lint)
  const { test, intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries } = instruction
  state.image.config.Healthcheck = {
    ...(test.length > 0 ? { Test: [...test] } : {}),
    ...(intervalNs ? { Interval: intervalNs } : {}),
    ...(timeoutNs ? { Timeout: timeoutNs } : {}),
    ...(startPeriodNs ? { StartPeriod: startPeriodNs } : {}),
    ...(startIntervalNs ? { StartInterval: startIntervalNs } : {}),
    ...(retries ? { Retries: retries } : {}),
  }
  const fields = [
    `Test:${list(test)}`,
    `Interval:${duration(intervalNs)}`,
    `Timeout:${duration(timeoutNs)}`,
    `StartPeriod:${duration(startPeriodNs)}`,
    `StartInterval:${duration(startIntervalNs)}`,
    `Retries:${retries}`,
  ]
  commit(session, state, `HEALTHCHECK {${fields.join(' ')}}`)
}

export function expose(session: Session, state: StageState, instruction: ExposeInstruction, expansion: Expansion): void {
  const ports = exposedPorts(
    instruction.ports.flatMap((port) => expansion.words(port)),
    instruction,
    expansion.lint,
  )
  state.image.config.ExposedPorts = withEntry<object>(
    state.image.config.ExposedPorts,
    ports.map((port) => [port, {}] as const),
  )
  commit(session, state, `EXPOSE ${list(ports)}`)
}

export function user(session: Session, state: StageState, instruction: UserInstruction, { word }: Expansion): void {
  const name = word(instruction.user)
  state.image.config.User = name
  commit(session, state, `USER ${name}`)
}

export function volume(session: Session, state: StageState, instruction: VolumeInstruction, { word }: Expansion): void {
  const volumes = instruction.volumes.map(word)
  if (volumes.includes('')) {
    throw fault('BLANK_VOLUME', 'VOLUME specified can not be an empty string', 'write the path, or define the variable in it')
  }
  state.image.config.Volumes = withEntry<object>(
    state.image.config.Volumes,
    volumes.map((path) => [path, {}] as const),
  )
  commit(session, state, `VOLUME ${list(volumes)}`)
}

export function stopsignal(session: Session, state: StageState, instruction: StopsignalInstruction, { word }: Expansion): void {
  const signal = word(instruction.signal)
  if (!isSignal(signal)) throw fault('BAD_SIGNAL', `invalid signal: ${signal}`, 'write a number, or a name such as SIGTERM')
  state.image.config.StopSignal = signal
  commit(session, state, `STOPSIGNAL ${signal}`)
}

export function shell(session: Session, state: StageState, instruction: ShellInstruction): void {
  state.image.config.Shell = [...instruction.shell]
  commit(session, state, `SHELL ${list(instruction.shell)}`)
}
