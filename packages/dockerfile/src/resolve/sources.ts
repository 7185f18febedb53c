import type { StageState } from './state.js'
import type { ResolvedSource } from './types.js'

/** A state as something that files are taken from. */
export function sourceOf(state: StageState): ResolvedSource {
  if (state.stage) return { kind: 'stage', stage: state.index }
  const { resolvedBase } = state
  return resolvedBase.kind === 'image' ? resolvedBase : { kind: 'scratch' }
}
