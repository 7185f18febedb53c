import type { Digest } from '@layerwright/digest'
import type { MaintainedStore, Store } from '../types.js'

/** A store does not do what the suite demands. */
class StoreSuiteError extends Error {
  override readonly name = 'StoreSuiteError'
  readonly code = 'STORE_SUITE'
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (data: Uint8Array | undefined): string | undefined => data && new TextDecoder().decode(data)

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new StoreSuiteError(`${what}: got ${a}, expected ${b}`)
}

export async function rejects(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    return equal((error as { code?: string }).code, code, 'code of the error')
  }
  throw new StoreSuiteError(`expected an error with code ${code}`)
}

export async function put(store: Store, data: Uint8Array): Promise<Digest> {
  const writer = store.writer()
  writer.write(data)
  return (await writer.commit()).digest
}

export async function read(store: Store, digest: Digest, start?: number, end?: number): Promise<string | undefined> {
  const blob = await store.blob(digest)
  if (!blob) return undefined
  const decoder = new TextDecoder()
  let out = ''
  for await (const chunk of blob.stream(start, end)) out += decoder.decode(chunk, { stream: true })
  return out
}

export async function listed(store: MaintainedStore): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of store.blobs()) digests.push(digest)
  return digests.sort()
}
