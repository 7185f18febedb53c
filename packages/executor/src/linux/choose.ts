/** Which runtime a container gets. */
import { ExecutorUnavailableError, RunOptionUnsupportedError } from '../errors.js'
import type { Refusal } from './backends.js'
import type { FoundBackend } from './detect.js'
import type { ContainerSpec } from './spec.js'

/**
 * The first runtime that can do all that is asked for.
 * @throws RunOptionUnsupportedError where one option is nobody's; ExecutorUnavailableError where another runtime could
 */
export function chooseBackend(backends: readonly FoundBackend[], spec: ContainerSpec): FoundBackend {
  const refusals: Refusal[] = []
  for (const found of backends) {
    const refusal = found.backend.refuses(spec)
    if (!refusal) return found
    refusals.push(refusal)
  }
  const [first] = refusals
  if (first?.option) throw new RunOptionUnsupportedError(first.option, first.why)
  throw new ExecutorUnavailableError(refusals.map(({ why }) => why).join('; '))
}
