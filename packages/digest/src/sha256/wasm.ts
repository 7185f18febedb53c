import { createSHA256, type IHasher } from 'hash-wasm'
import { NotReadyError } from '../errors.js'

// One compiled instance serves everybody: making another is asynchronous. Whoever uses it next saves the state of whoever
// used it last, so any number of running hashes can be open, and a hash that is abandoned costs nothing.
let engine: IHasher | undefined
let holder: { state: Uint8Array } | undefined

/** Compiles the module; everything after is synchronous. */
export async function ready(): Promise<void> {
  engine ??= await createSHA256()
}

function acquire(next: { state: Uint8Array } | undefined): IHasher {
  if (!engine) throw new NotReadyError()
  if (holder === next && next) return engine
  if (holder) holder.state = engine.save()
  holder = next
  if (next) engine.load(next.state)
  return engine
}

export const sha256Hex = (bytes: Uint8Array): string => acquire(undefined).init().update(bytes).digest('hex')

export function createSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const own = { state: acquire(undefined).init().save() }
  return {
    update: (bytes) => void acquire(own).update(bytes),
    hex: () => {
      const text = acquire(own).digest('hex')
      holder = undefined
      return text
    },
  }
}
