/** A real application, beside other builders: the rows of what somebody else has measured, who has the application and the builders. */
import { type Measured, timing } from '../../measure.js'
import type { BenchRow } from '../../report.js'

/** Milliseconds of each build of one builder. */
export interface NodeAppFigures {
  readonly name: string
  /** With its packages to be fetched and nothing but the base known. */
  readonly cold: readonly number[]
  /** After one line of the source has changed. */
  readonly edit1: readonly number[]
}

/**
 * Builds a Node application with npm by Layerwright and by other builders, in turns.
 * @param dir where it is built
 * @param rounds of each phase
 * @returns ours first
 */
export type NodeApp = (dir: string, rounds: number) => Promise<readonly NodeAppFigures[]>

export function nodeAppRows([ours, ...others]: readonly NodeAppFigures[]): BenchRow[] {
  if (!ours) return []
  return (['cold', 'edit1'] as const).flatMap((phase) =>
    others.map((other) => ({
      name: `node-app ${phase}`,
      against: other.name,
      measured: compared(ours[phase], other[phase]),
      detail: phase === 'cold' ? 'packages are fetched by npm ci; ours reads and lays out its base, too' : 'one line of the source',
    })),
  )
}

function compared(ours: readonly number[], other: readonly number[]): Measured {
  const made = { ours: timing(ours), other: timing(other) }
  return { ...made, ratio: made.ours.medianMs / made.other.medianMs }
}
