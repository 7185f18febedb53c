import type { Input } from './types.js'

/** Input for a command that is given all of it before it begins. */
export async function wholeInput(input: Input): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of input) {
    parts.push(part.slice())
    size += part.length
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
