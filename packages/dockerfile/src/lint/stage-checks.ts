import type { Stage } from '../instructions/types.js'
import type { LineRange } from '../parse/types.js'
import type { LintReporter } from './reporter.js'
import { rules } from './rules.js'

const RESERVED = new Set(['context', 'scratch'])

/** ReservedStageName and DuplicateStageName. */
export function checkStageNames(stages: readonly Stage[], lint: LintReporter): void {
  const seen = new Set<string>()
  for (const stage of stages) {
    if (stage.name === '') continue
    if (RESERVED.has(stage.name)) lint.report(rules.reservedStageName, stage, stage.name)
    if (seen.has(stage.name)) lint.report(rules.duplicateStageName, stage, stage.name)
    seen.add(stage.name)
  }
}

/**
 * ConsistentInstructionCasing: FROM lines and the instructions of stages vote (global ARGs don't), those in mixed case have no vote, and a
 * tie goes to upper case.
 */
export function checkCasing(stages: readonly Stage[], lint: LintReporter): void {
  const lines: (LineRange & { readonly keyword: string })[] = stages.flatMap((stage) => [stage, ...stage.commands])
  let lower = 0
  let upper = 0
  for (const { keyword } of lines) {
    if (keyword === keyword.toLowerCase()) lower++
    else if (keyword === keyword.toUpperCase()) upper++
  }
  const wantsLower = lower > upper
  for (const line of lines) {
    const { keyword } = line
    const wanted = wantsLower ? keyword.toLowerCase() : keyword.toUpperCase()
    if (keyword !== wanted) lint.report(rules.consistentInstructionCasing, line, keyword, wantsLower ? 'lowercase' : 'uppercase')
  }
}
