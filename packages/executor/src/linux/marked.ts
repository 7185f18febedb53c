/** The output of one command in a stream that others hold open: its end is a mark. */
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'

/** Begins with a byte that programs hardly print: what might be the beginning of a mark is held back. */
const FIRST = 1

/** What nobody prints who is not told; a line without its end. */
export const newMark = (): string => `${String.fromCharCode(FIRST)}${randomBytes(16).toString('hex')}`

/** Hands on what comes before the line `mark`, and destroys the stream then. Says whether the mark came; a stream may close without. */
export function untilMarked(stream: Readable, mark: string, take: (bytes: Uint8Array) => void): Promise<boolean> {
  const line = Buffer.from(`${mark}\n`)
  let held = Buffer.alloc(0)
  let marked = false
  return new Promise((resolve) => {
    stream.on('data', (bytes: Buffer) => {
      if (marked) return
      const all = held.length > 0 ? Buffer.concat([held, bytes]) : bytes
      const at = all.indexOf(line)
      marked = at >= 0
      const end = marked ? at : beginningOf(line, all)
      if (end > 0) take(all.subarray(0, end))
      held = marked ? Buffer.alloc(0) : Buffer.from(all.subarray(end))
      if (marked) stream.destroy()
    })
    stream.once('close', () => {
      if (held.length > 0) take(held)
      resolve(marked)
    })
  })
}

/** Where the last bytes could be the first of the line; the length where they cannot. */
function beginningOf(line: Buffer, bytes: Buffer): number {
  const first = Math.max(0, bytes.length - line.length + 1)
  for (let at = bytes.indexOf(FIRST, first); at >= 0; at = bytes.indexOf(FIRST, at + 1))
    if (bytes.subarray(at).equals(line.subarray(0, bytes.length - at))) return at
  return bytes.length
}
