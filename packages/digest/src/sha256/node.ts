import { createHash, hash as oneShot } from 'node:crypto'

/** Nothing to load in Node. */
export async function ready(): Promise<void> {}

// crypto.hash (Node 20.12+) is up to 1.8 times faster than createHash on small inputs.
export const sha256Hex = (bytes: Uint8Array): string => oneShot('sha256', bytes, 'hex')

export function createSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const inner = createHash('sha256')
  return { update: (bytes) => void inner.update(bytes), hex: () => inner.digest('hex') }
}
