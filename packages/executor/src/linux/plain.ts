/** Commands that need nothing of their wrapper but their root: they share one that is kept (see `keeper.ts`). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunAbortedError } from '../errors.js'
import type { ExecRequest } from '../types.js'
import type { FoundBackend } from './detect.js'
import { requestText } from './keeper.js'
import type { Keepers, Lease } from './keepers.js'
import { newMark } from './marked.js'
import type { PreparedMounts } from './mounts.js'
import { type OverlayKind, rootOptions } from './overlay.js'
import { removeWorks } from './run-folder.js'
import type { ContainerSpec } from './spec.js'
import { checkStart } from './start-failure.js'
import { KILLED, opensDevices } from './wrapped.js'

/** A keeper for a command that looks plain: it gets ready while the command is prepared. */
export function leaseFor(keepers: Keepers, [found]: readonly FoundBackend[], request: ExecRequest): Lease | undefined {
  const { stdin, terminal, onStarted, onAccess, recoverAs, secretEnv, security, files = [], mounts = [] } = request
  const more = [stdin, terminal || undefined, onStarted, onAccess, recoverAs].some((each) => each !== undefined)
  const plain = !more && !secretEnv?.size && security !== 'insecure' && files.length === 0
  // Most mounts are the wrapper's work: whether these are not is known when they are prepared.
  return plain && found && mounts.every(({ scratch }) => !scratch) ? keepers.lease(found) : undefined
}

/**
 * Runs the command in the keeper. Gives its exit code; undefined where it needs a wrapper of its own after all.
 * @param lowers see `prepareLayers`
 * @throws RunAbortedError; ExecutorError, CommandNotFoundError where the command could not be begun
 */
export async function runPlain(
  { found, keeper }: Lease,
  chosen: FoundBackend,
  { onOutput, signal }: ExecRequest,
  spec: ContainerSpec,
  { mounts, overlays, scratches, binds, inMemory }: PreparedMounts,
  lowers: number,
  kind: OverlayKind,
): Promise<number | undefined> {
  const { backend } = chosen
  const noexec = !backend.mountsNoexec && mounts.some((mount) => mount.noexec)
  if (found !== chosen || spec.network === 'private' || overlays.length + scratches.length + binds.length > 0 || inMemory || noexec)
    return undefined
  const kept = backend.kept(spec)
  const mark = newMark()
  const options = rootOptions(lowers, kind, opensDevices(backend, spec))
  const request = kept && requestText({ id: spec.id, options, mark, rest: kept.rest })
  if (request === undefined) return undefined
  if (kept?.args) writeFileSync(join(spec.folder, 'args'), kept.args.map((word) => `${word}\0`).join(''), { mode: 0o600 })
  const code = await keeper.run({ request, mark }, { onOutput, signal })
  if (signal?.aborted) throw new RunAbortedError({ cause: signal.reason })
  if (code === undefined) {
    // Another mount shall not take it for its own.
    removeWorks(spec.folder, spec.ids)
    return undefined
  }
  checkStart(join(spec.folder, 'runtime.log'), spec.argv[0] ?? '', spec.cwd)
  return code ?? KILLED
}
