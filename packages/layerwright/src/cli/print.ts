import { writeSync } from 'node:fs'

/** Prints a result. Straight to the file descriptor: `console.log` makes a stream of it first, for which Node loads a good part of itself. */
export function printLine(text: string): void {
  let bytes = new TextEncoder().encode(`${text}\n`)
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(1, bytes))
  } catch (error) {
    // A pipe that its other end made non-blocking, and that is full.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    process.stdout.write(bytes)
  }
}
