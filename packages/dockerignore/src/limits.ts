/** Every bound of this package, with its reason. */
export const limits = {
  /** Bytes of one line of an ignore file, without its newline: the reference's line reader gives up above it. */
  lineBytes: 65_535,
  /** Bytes of an ignore file. Real ones have a few hundred; a file of this size already holds 100,000 patterns. */
  fileBytes: 4 * 1024 * 1024,
  /** Highest count in `x{n}`: RE2's own bound. */
  repeat: 1_000,
  /** States of one compiled pattern. A state is about one character, so this only stops patterns like `a{1000}b{1000}…`. */
  states: 50_000,
  /** States of the lazily built automaton that are kept for one pattern before the table starts anew: bounds memory, not answers. */
  cachedStates: 512,
  /** Per-directory plans that are kept for reuse in one walk: bounds memory, not answers. */
  cachedPlans: 4_096,
} as const
