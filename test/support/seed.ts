/**
 * Properties draw anew each time, unless FUZZ_SEED says what: then every property of every file draws the same in every run. CI sets it, so
 * that a landing does not depend on luck. A property that is given a seed of its own keeps it.
 */
import fc from 'fast-check'

if (process.env.FUZZ_SEED) fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED) })
