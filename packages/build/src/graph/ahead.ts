import { draftLayer, type LayerDraft } from '@layerwright/layer'
import type { KeyInputs } from '../cache/key.js'
import { askedToRun } from '../cache/options.js'
import { earlierResults } from '../cache/records.js'
import type { StepChanges } from '../steps/types.js'
import type { PlannedStep } from './plan.js'
import type { Root } from './root.js'
import { finishChanges, type StepOptions } from './step.js'

/** A layer whose step has no key yet. */
export interface LayerAhead {
  /** See `StepContext.ahead`. */
  write(inputs: KeyInputs, run: () => Promise<StepChanges>): Promise<StepChanges | undefined>
  /** What was written of these changes, once; whoever takes it commits it. */
  take(made: StepChanges): Written | undefined
  /** Gives up what nobody took. */
  abort(): void
}

interface Written {
  readonly draft: LayerDraft
  readonly merged: StepChanges['merged']
}

export function layerAhead(step: PlannedStep, parent: Root, signal: AbortSignal, options: StepOptions): LayerAhead {
  let written: (Written & { readonly of: StepChanges }) | undefined
  return {
    async write(inputs, run) {
      if (await mayBeKnown(step, inputs, parent, options)) return undefined
      const made = await run()
      const { changes, merged } = await finishChanges(made, options.times)
      written = { of: made, merged, draft: await draftLayer(options.store, changes, { signal }) }
      return made
    },
    take(made) {
      const taken = written?.of === made ? written : undefined
      if (taken) written = undefined
      return taken
    },
    abort() {
      written?.draft.abort()
      written = undefined
    },
  }
}

/**
 * Whether the cache may have a result with these inputs. Not where everything is to run, or the cache was empty; and hardly where the root was made just now, unless this step has stood
 * on the same root before: the step below ran again and gave what it gave then.
 */
async function mayBeKnown(
  step: PlannedStep,
  inputs: KeyInputs,
  parent: Root,
  { store, noCache, emptyCache, cache, project }: StepOptions,
): Promise<boolean> {
  if (noCache || emptyCache || askedToRun(step.info, cache) !== undefined) return false
  if (!parent.fresh) return true
  const earlier = await earlierResults(store, project, step, cache.strength ?? 'content')
  return earlier.some(({ record }) => {
    const before = new Map(record.inputs)
    return [...inputs].every(([name, value]) => before.get(name) === value)
  })
}
