import type { StepInfo } from '../types.js'

/**
 * How much has to be the same for a step's result to be used again.
 *
 * - `definition`: the classic chain. Its instruction, the files it takes from the context, and every step above it.
 * - `content`: its instruction, and what it sees: the files it takes and the tree it works on, by content. A step above that ran again and gave the same
 *   result changes nothing.
 * - `traced`: as `content`; and a RUN also where only files differ that it did not look at when it ran.
 */
export type CacheStrength = 'definition' | 'content' | 'traced'

export interface CacheOptions {
  /** Default `content`. */
  readonly strength?: CacheStrength
  /** Stages, by name or `stage-N`, and steps, by id, that run whatever the cache has. */
  readonly refresh?: readonly string[]
  /** Results older than this are not used; of several that match, the one for a step counts before the one for its stage, and that before one for all. */
  readonly maxAge?: readonly MaxAge[]
  /** Work out for each step that runs what differs from its nearest earlier result: `explanation` of its report. Reads layers. Default false. */
  readonly explain?: boolean
}

export interface MaxAge {
  /** A stage (name or `stage-N`) or a step (id); all steps when absent. */
  readonly of?: string
  /** Milliseconds. */
  readonly ms: number
}

/** Whether a step was asked to run; `what` it was named by. */
export function askedToRun(info: StepInfo, { refresh = [] }: CacheOptions): string | undefined {
  return refresh.find((name) => names(info, name))
}

/** How old a step's result may be, in milliseconds; undefined: any age. */
export function maxAgeOf(info: StepInfo, { maxAge = [] }: CacheOptions): number | undefined {
  const rank = ({ of }: MaxAge) => (of === undefined ? 0 : of === (info.stage || 'stage-0') ? 1 : 2)
  const matching = maxAge.filter(({ of }) => of === undefined || names(info, of))
  return matching.sort((a, b) => rank(b) - rank(a))[0]?.ms
}

/** A name may leave the platform of an id out; the only stage of a file is `stage-0`. */
const names = ({ id, stage }: StepInfo, name: string): boolean =>
  name === id || name === id.slice(id.indexOf(' ') + 1) || name === (stage || 'stage-0')
