import { writeAll } from './descriptors.js'

/** Prints a result. Straight to the file descriptor: `console.log` makes a stream of it first, for which Node loads a good part of itself. */
export const printLine = (text: string): void => writeAll(1, new TextEncoder().encode(`${text}\n`))
