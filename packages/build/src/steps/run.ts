import { sha256 } from '@layerwright/digest'
import type { ResolvedStep } from '@layerwright/dockerfile'
import { commandChanges, type ExecRequest, type Executor, lookupUser, UnknownUserError, withEngineFiles } from '@layerwright/executor'
import { createOverlay, type Overlay } from '@layerwright/vfs'
import type { KeyInputs } from '../cache/key.js'
import { bringLayers } from '../cache/shared/bring.js'
import { recordTrace } from '../cache/trace/recorder.js'
import type { Traceable } from '../cache/trace/records.js'
import { lstatOrNone, makeDirectories, resolveTarget } from '../copy/target.js'
import { ExecutorMissingError, RunFailedError, RunUserUnknownError } from '../errors.js'
import { rootHasPrograms } from '../graph/root.js'
import { MAX_ERROR_OUTPUT } from '../limits.js'
import type { TimePolicy } from '../times.js'
import type { RunSettings } from '../types.js'
import { type PreparedMounts, prepareMounts } from './mounts.js'
import { commonInputs, type PreparedStep, type StepChanges, type StepContext } from './types.js'

/** What a program that asks gets to hear, on every machine: the reference's own name. */
const HOSTNAME = 'buildkitsandbox'

export type RunStep = Extract<ResolvedStep, { kind: 'run' }>

/** The network of a step: its own word, else the build's. */
export const networkOf = ({ network }: RunStep, settings: RunSettings = {}): RunStep['network'] =>
  network === 'default' ? (settings.network ?? 'default') : network

/** RUN: keyed by everything a program could see, run by the executor on an overlay of its root. */
export async function prepareRun(step: RunStep, context: StepContext): Promise<PreparedStep> {
  const executor = await executorFor(context)
  const mounts = await prepareMounts(step.mounts, step.cwd, context)
  const inputs = await commonInputs(context, ['run', step.argv, networkOf(step, context.runSettings), step.security], true)
  const { platform } = context
  inputs.set('platform', [platform.os, platform.architecture, platform.variant ?? ''].join('/'))
  inputs.set('env', JSON.stringify(step.env))
  inputs.set('cwd', step.cwd)
  inputs.set('user', step.user)
  inputs.set('mounts', JSON.stringify(mounts.inputs))
  inputs.set(
    'files',
    sha256(JSON.stringify(step.files.map(({ name, data, bytes }) => (bytes ? [name, data, sha256(bytes)] : [name, data])))),
  )
  const { extraHosts = [], resources } = context.runSettings
  if (extraHosts.length > 0) inputs.set('hosts', JSON.stringify(extraHosts))
  if (resources?.ulimits?.length || resources?.shmBytes !== undefined)
    inputs.set('limits', JSON.stringify([resources.ulimits, resources.shmBytes]))
  inputs.set('executor', executor?.class ?? 'none')
  const traced = context.strength === 'traced' && executor?.traces
  if (context.strength === 'traced' && executor && !executor.traces) context.onUntraced(executor.untraced)
  return {
    inputs,
    simulated: executor?.simulated ?? false,
    ...(traced ? { traceable: traceable(inputs, step, mounts) } : {}),
    run: () => run(step, { ...context, executor }, mounts),
  }
}

/** The executor of a step: the build's own, or the one that it chooses for the step's root. Keys have the class of the one that would run it. */
async function executorFor({ executor, root, store, onSimulated }: StepContext): Promise<Executor | undefined> {
  if (!executor?.choose) return executor
  const { executor: chosen, because } = await executor.choose(await rootHasPrograms(store, root))
  if (chosen.simulated) onSimulated(because)
  return chosen
}

/** What a command is, without what it only sees if it looks. */
function traceable(inputs: KeyInputs, step: RunStep, { tracedInputs, binds }: PreparedMounts): Traceable {
  const own = new Map([...inputs].filter(([name]) => name !== 'root' && name !== 'env'))
  return { inputs: own.set('mounts', JSON.stringify(tracedInputs)), binds, env: step.env }
}

async function run(step: RunStep, context: StepContext, prepared: PreparedMounts): Promise<StepChanges> {
  const { executor, root } = context
  if (!executor) throw new ExecutorMissingError()
  const startNs = BigInt(Date.now()) * 1_000_000n
  await bringLayers(context.store, [...(await root.diffIds()), ...(await prepared.diffIds())])
  const lower = { snapshot: await root.snapshot(), layers: await root.layers() }
  const overlay = createOverlay(lower.snapshot)
  const opened = await prepared.open()
  const recorder =
    context.strength === 'traced' && executor.traces
      ? recordTrace({ lower: lower.snapshot, cwd: step.cwd, mounts: opened.mounts, binds: prepared.binds })
      : undefined
  let ran: Ran | undefined
  try {
    ran = await execute(step, context, { ...prepared, ...opened }, lower, overlay, recorder?.onAccess)
    await opened.keep()
  } catch (error) {
    ran?.release?.()
    throw error
  } finally {
    opened.close()
  }
  setTimes(overlay, startNs, context.times)
  const { restored, release, tracing } = ran
  const changes = commandChanges(overlay, restored)
  const trace = recorder ? { trace: recorder.finish(changes) } : {}
  // What lies in a sandbox's folder is read once, when the layer is written: the tree is made of the layer then.
  const told = { ...trace, ...(tracing ? { tracing } : {}) }
  if (release) return { changes, lower: lower.snapshot, ...told, release }
  return { changes, lower: lower.snapshot, ...told, ...(restored.length === 0 ? { merged: overlay.freeze() } : {}) }
}

/** What is left to do when a command has run. */
interface Ran {
  /** Directories that only tidying up wrote to. */
  readonly restored: readonly string[]
  /** Frees what the overlay's contents lie in. */
  readonly release: (() => void) | undefined
  readonly tracing: StepChanges['tracing'] | undefined
}

/** Runs the command; the overlay holds afterwards what it left, until `release` is called. @throws RunFailedError */
async function execute(
  step: RunStep,
  context: StepContext,
  {
    mounts,
    env,
    secretEnv,
  }: { readonly mounts: ExecRequest['mounts'] & {}; readonly env: ReadonlyMap<string, string>; readonly secretEnv: ReadonlySet<string> },
  lower: ExecRequest['lower'],
  overlay: Overlay,
  onAccess: ExecRequest['onAccess'],
): Promise<Ran> {
  const startedMs = Date.now()
  const output = outputTail()
  const { extraHosts = [], resources } = context.runSettings
  await makeWorkingDirectory(step, overlay)
  const ran = withEngineFiles(overlay, { mounts, extraHosts }, (filesystem) =>
    context.executor!.run({
      overlay,
      filesystem,
      mounts,
      lower,
      argv: step.argv,
      env: new Map([...step.env, ...env]),
      secretEnv,
      cwd: step.cwd,
      user: step.user,
      hostname: HOSTNAME,
      network: networkOf(step, context.runSettings),
      extraHosts,
      security: step.security,
      ...(resources ? { resources } : {}),
      files: step.files.map(({ name, data, bytes }) => ({ path: `/dev/pipes/${name}`, bytes: bytes ?? new TextEncoder().encode(data) })),
      signal: context.signal,
      ...(onAccess ? { onAccess } : {}),
      onOutput(stream, bytes) {
        output.add(bytes)
        context.onOutput(stream, bytes)
      },
    }),
  )
  const { result, restored } = await ran.catch(unknownUser(step))
  const { exitCode, release, tracing } = result
  if (exitCode !== 0) {
    release?.()
    throw new RunFailedError(step.argv, exitCode, output.text(), Date.now() - startedMs)
  }
  return { restored, release, tracing }
}

/** A directory that the config names and nobody made, or that somebody removed, is made for the user, as the reference's runtime makes it. */
async function makeWorkingDirectory(step: RunStep, overlay: Overlay): Promise<void> {
  const directory = resolveTarget(overlay, step.cwd)
  if (lstatOrNone(overlay, directory)) return
  const { uid, gid } = await lookupUser(overlay, step.user).catch(unknownUser(step))
  makeDirectories(overlay, directory, { mode: 0o755, owner: { uid, gid } })
}

/** Says a user that is not there in the words of the RUN. */
const unknownUser =
  ({ argv, user }: RunStep) =>
  (error: unknown): never => {
    throw error instanceof UnknownUserError ? new RunUserUnknownError(argv, user, error) : error
  }

/** What the clock dated while the command ran gets the fixed date; what was set on purpose stays (DESIGN, decision 12). */
function setTimes(overlay: Overlay, startNs: bigint, times: TimePolicy): void {
  if (times.mode !== 'fixed') return
  const fixed = times.nowNs()
  for (const { path, inode } of overlay.changes())
    if (inode && inode.mtimeNs >= startNs) overlay.utimes(`/${path}`, fixed, { nofollow: true })
}

/** Keeps the end of what a command prints. */
function outputTail() {
  let tail = ''
  const decoder = new TextDecoder()
  return {
    add(bytes: Uint8Array) {
      tail = (tail + decoder.decode(bytes, { stream: true })).slice(-MAX_ERROR_OUTPUT)
    },
    text: () => tail,
  }
}
