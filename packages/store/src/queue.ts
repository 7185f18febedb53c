/** Runs pieces of work one after another per name, in the order in which they were asked for. */
export function createQueue(): <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  const tails = new Map<string, Promise<void>>()
  return async (name, work, signal) => {
    signal?.throwIfAborted()
    const before = tails.get(name)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    // Whoever gives up waiting must not let the next one in before its own predecessor is done.
    const tail = (before ?? Promise.resolve()).then(() => held)
    tails.set(name, tail)
    void tail.then(() => {
      if (tails.get(name) === tail) tails.delete(name)
    })
    try {
      if (before) await withSignal(before, signal)
      return await work()
    } finally {
      release()
    }
  }
}

function withSignal(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
  })
}
