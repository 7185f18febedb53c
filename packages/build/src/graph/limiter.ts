/** Lets at most `limit` pieces of work run at a time, in the order they came. */
export function createLimiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = Math.max(1, limit)
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free === 0) await new Promise<void>((go) => waiting.push(go))
    else free--
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
