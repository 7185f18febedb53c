/** What the words of COPY, ADD and WORKDIR name: kept beside a result, so that a miss can be told by the variable that made it. */
import { sha256 } from '@layerwright/digest'
import { isSecretName, type WrittenWords } from '@layerwright/dockerfile'
import type { PlannedStep } from '../graph/plan.js'
import type { Difference } from './differences.js'

/** Of an instruction that was written with variables. A value whose name says that it is a secret is told apart, and not kept. */
export function writtenOf({ step }: PlannedStep): WrittenWords | undefined {
  if (step.kind === 'run' || step.written.variables.length === 0) return undefined
  const { text, variables } = step.written
  return { text, variables: variables.map(([name, value]) => [name, value !== null && isSecretName(name) ? sha256(value) : value]) }
}

/** Inputs that a variable decides, where the same words are written. */
const DECIDED: ReadonlySet<string> = new Set(['instruction', 'selection'])

/**
 * Differences with the variables behind them in front. Where the same is written as before, what was written is not what changed.
 * @param before of the earlier result
 */
export function withVariables(differences: readonly Difference[], before: WrittenWords | undefined, step: PlannedStep): Difference[] {
  const now = writtenOf(step)
  if (!before || !now || before.text !== now.text) return [...differences]
  const old = new Map(before.variables)
  const changed = now.variables.flatMap(([name, value]): Difference[] => {
    const earlier = old.get(name) ?? null
    if (earlier === value) return []
    const shown = (side: string | null) => side ?? undefined
    return [{ input: 'variables', part: name, before: shown(earlier), now: shown(value), ...(isSecretName(name) ? { hidden: true } : {}) }]
  })
  return changed.length === 0 ? [...differences] : [...changed, ...differences.filter(({ input }) => !DECIDED.has(input))]
}
