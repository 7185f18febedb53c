/**
 * Properties over random and mutated inputs. `FUZZ_RUNS` is how many inputs each law gets: few by default, 100,000 in CI. A failure prints
 * the seed that repeats it; FUZZ_SEED takes one.
 */
import fc, { type IAsyncProperty, type IProperty } from 'fast-check'
import { it } from 'vitest'

const DEFAULT_RUNS = 300
const runs = Number(process.env.FUZZ_RUNS || DEFAULT_RUNS)
/** Empty and absent are the same: drawn anew. */
const seed = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : Math.floor(Math.random() * 2 ** 31)

export interface FuzzOptions {
  /**
   * Part of the runs that this law gets. Less than 1 only for laws that are no decoder's: another library does most of the work, or each
   * input is a whole build.
   */
  readonly share?: number
  /** Inputs it gets at least, where each of them is too much work for the usual few. */
  readonly few?: number
}

/** A test that holds a property against `FUZZ_RUNS` inputs and says how many they were. */
export function fuzz<T>(
  name: string,
  property: IProperty<T> | IAsyncProperty<T>,
  { share = 1, few = DEFAULT_RUNS }: FuzzOptions = {},
): void {
  const numRuns = Math.max(Math.min(runs, few), Math.round(runs * share))
  const work = async () => {
    const start = performance.now()
    await fc.assert(property as IAsyncProperty<T>, { numRuns, seed })
    // a few runs say nothing worth a line
    if (runs > DEFAULT_RUNS)
      console.log(`fuzz: ${numRuns} inputs in ${((performance.now() - start) / 1000).toFixed(1)} s, seed ${seed}: ${name}`)
  }
  it(name, work, 180_000 + runs * 5)
}
