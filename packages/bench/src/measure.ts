/** One side of a comparison: does its whole work once. */
export type Work = () => unknown

/** One side that gives what its round cost, in the unit of the row. */
export type Cost = () => number | Promise<number>

export interface MeasureOptions {
  /** Measured rounds; in each both sides take their turn. Default 15. */
  readonly rounds?: number
  /** Rounds before, in which the engine compiles what is hot. Default 3. */
  readonly warmUp?: number
  /** Milliseconds of any monotonic clock; `performance.now` by default. */
  readonly clock?: () => number
}

/** Milliseconds of one round: the median, and the best. */
export interface Timing {
  readonly medianMs: number
  readonly bestMs: number
}

export interface Measured {
  readonly ours: Timing
  readonly other: Timing
  /** Of the medians: 0.5 means that ours takes half the time. */
  readonly ratio: number
}

/**
 * Measures two works against each other in one run, in turns, so that a machine that gets slower or faster does so for both.
 */
export function measurePair(ours: Work, other: Work, options: MeasureOptions = {}): Promise<Measured> {
  const { clock = () => performance.now() } = options
  const timed = (work: Work) => async () => {
    const start = clock()
    await work()
    return clock() - start
  }
  return measureCosts(timed(ours), timed(other), options)
}

/** As `measurePair`, where each side says itself what a round cost it: processor time of a child, memory. */
export async function measureCosts(ours: Cost, other: Cost, options: MeasureOptions = {}): Promise<Measured> {
  const { rounds = 15, warmUp = 3 } = options
  const times: { ours: number[]; other: number[] } = { ours: [], other: [] }
  for (let round = -warmUp; round < Math.max(1, rounds); round++) {
    // Who goes first changes, because the second finds the caches warm.
    const first = round % 2 === 0
    const a = await (first ? ours : other)()
    const b = await (first ? other : ours)()
    if (round < 0) continue
    times.ours.push(first ? a : b)
    times.other.push(first ? b : a)
  }
  const made = { ours: timing(times.ours), other: timing(times.other) }
  return { ...made, ratio: made.ours.medianMs / made.other.medianMs }
}

/** The median and the best of several. */
export function timing(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b)
  return { medianMs: sorted[Math.floor(sorted.length / 2)]!, bestMs: sorted[0]! }
}
