import type { ResolvedStep } from '@layerwright/dockerfile'
import { createOverlay } from '@layerwright/vfs'
import { parseOwner } from '../copy/owner.js'
import { makeDirectories, resolveTarget } from '../copy/target.js'
import { commonInputs, type PreparedStep, type StepContext } from './types.js'

/** WORKDIR: makes the directory and its parents, owned by the user in force; one that exists is left alone. */
export async function prepareWorkdir(step: Extract<ResolvedStep, { kind: 'workdir' }>, context: StepContext): Promise<PreparedStep> {
  return {
    inputs: await commonInputs(context, ['workdir', step.path, step.user], true),
    simulated: false,
    async run() {
      const overlay = createOverlay(await context.root.snapshot(), { now: () => context.times.nowNs() })
      const target = resolveTarget(overlay, step.path)
      // An unknown user is silently root here; only RUN refuses one.
      const owner = step.user === '' ? undefined : await parseOwner(step.user, overlay, context.root.empty)
      if (makeDirectories(overlay, target, { mode: 0o755, owner }) && context.times.epoch !== undefined)
        overlay.utimes(target, BigInt(context.times.epoch) * 1_000_000_000n)
      return { changes: overlay.changes(), merged: overlay.freeze() }
    },
  }
}
