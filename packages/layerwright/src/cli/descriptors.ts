import { readSync, writeSync } from 'node:fs'

/*
 * Standard input and output read and written synchronously. Node makes a pipe that it has opened as a stream non-blocking (as may the process at its other
 * end), so one that is full, or empty, says "again" instead of waiting.
 */

export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += patiently(() => writeSync(fd, bytes, at))
}

export function copyAll(from: number, to: number): void {
  for (const bytes of chunks(from)) writeAll(to, bytes)
}

/** Standard input as a whole. */
export function readInput(): Uint8Array {
  const parts: Uint8Array[] = []
  for (const bytes of chunks(0)) parts.push(bytes.slice())
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Valid until the next one. */
function* chunks(fd: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(1 << 20)
  for (;;) {
    const count = patiently(() => readSync(fd, buffer, 0, buffer.length, null))
    if (count === 0) return
    yield buffer.subarray(0, count)
  }
}

function patiently(work: () => number): number {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, PAUSE_MS)
    }
  }
}
const pause = new Int32Array(new SharedArrayBuffer(4))
const PAUSE_MS = 2
