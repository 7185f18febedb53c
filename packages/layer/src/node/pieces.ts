/** Work on a stream in pieces of one size, several at a time, results in order. */
import { availableParallelism } from 'node:os'

/** The pool of libuv has four threads unless told otherwise; more pieces than it can take only cost memory. */
const AT_ONCE = Math.min(availableParallelism(), 4) + 1

/**
 * Cuts `input` into pieces of `size` bytes (the last one is shorter), hands each to `work`, and gives the results in order. The memory of a piece is used again when its work is done.
 * What `work` is given depends on the bytes alone, never on how they came or on the number of threads.
 */
export async function* inPieces(
  input: AsyncIterable<Uint8Array>,
  size: number,
  work: (piece: Uint8Array) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const running: Promise<Uint8Array>[] = []
  // New memory for each piece costs more than its compression by the fastest levels: the system hands it out page by page.
  const free: Uint8Array<ArrayBuffer>[] = []
  const start = (memory: Uint8Array<ArrayBuffer>, bytes: number) => {
    const job = work(memory.subarray(0, bytes)).finally(() => free.push(memory))
    // It is awaited later, or never if something else fails first.
    job.catch(() => {})
    running.push(job)
  }
  let piece = new Uint8Array(size)
  let used = 0
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - used)
      piece.set(part, used)
      used += part.length
      at += part.length
      if (used < size) continue
      start(piece, used)
      if (running.length >= AT_ONCE) yield await running.shift()!
      piece = free.pop() ?? new Uint8Array(size)
      used = 0
    }
  }
  if (used > 0) start(piece, used)
  for (const job of running) yield await job
}
