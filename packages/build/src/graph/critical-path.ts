import type { PlannedStep } from './plan.js'

/** The chain of steps whose costs add up to most; of equal chains the one with more steps, then the first in plan order. */
export function criticalPath(
  steps: readonly PlannedStep[],
  costOf: (id: string) => number,
): { readonly steps: readonly string[]; readonly cost: number } {
  interface Chain {
    readonly cost: number
    readonly length: number
    readonly id: string
    readonly before: Chain | undefined
  }
  const longer = (a: Chain, b: Chain | undefined): boolean => !b || a.cost > b.cost || (a.cost === b.cost && a.length > b.length)
  const chains = new Map<string, Chain>()
  let best: Chain | undefined
  for (const { info, needs } of steps) {
    let before: Chain | undefined
    for (const need of needs) {
      const chain = chains.get(need)!
      if (longer(chain, before)) before = chain
    }
    const chain = { id: info.id, cost: (before?.cost ?? 0) + costOf(info.id), length: (before?.length ?? 0) + 1, before }
    chains.set(info.id, chain)
    if (longer(chain, best)) best = chain
  }
  const path: string[] = []
  for (let chain = best; chain; chain = chain.before) path.push(chain.id)
  return { steps: path.reverse(), cost: best?.cost ?? 0 }
}
