import { makeImage, type StoredImage } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { openRegistry, type RegistryOptions } from '@layerwright/registry'
import { type MemoryRegistry, type MemoryRegistryOptions, memoryRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { fileInode, memoryContent, textContent } from '@layerwright/vfs'

export const amd64 = { os: 'linux', architecture: 'amd64' }
export const arm64 = { os: 'linux', architecture: 'arm64' }

/** Bytes that do not compress, the same for the same seed. */
export function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** An image of two layers: one of text, one of noise. */
export async function sampleImage(
  options: { readonly bytes?: number; readonly seed?: number; readonly platform?: typeof amd64 } = {},
): Promise<StoredImage> {
  const { bytes = 3000, seed = 1, platform = amd64 } = options
  const store = memoryStore()
  const layers = [
    await storeLayer(store, [{ path: 'hello', inode: fileInode(textContent('hello\n'.repeat(50))) }]),
    await storeLayer(store, [{ path: 'noise', inode: fileInode(memoryContent(noise(bytes, seed))) }]),
  ]
  return makeImage({ config: { ...platform, config: { Cmd: ['/hello'] }, history: [{ created_by: 'a' }, { created_by: 'b' }] }, layers })
}

/** Options of a client that waits for nothing. */
export const impatient = (registry: MemoryRegistry, more: RegistryOptions = {}): RegistryOptions => ({
  fetch: registry.fetch,
  sleep: async () => {},
  random: () => 0,
  ...more,
})

/** A memory registry and a client for it. */
export function pair(options: MemoryRegistryOptions = {}, more: RegistryOptions = {}) {
  const registry = memoryRegistry(options)
  return { registry, client: openRegistry(impatient(registry, more)) }
}

export const PASSWORD = 'p4ssw0rd-of-the-tests'
export const withPassword = { credentials: () => ({ username: 'me', password: PASSWORD }) }
export const tokenAuth = { kind: 'token', username: 'me', password: PASSWORD } as const

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function bytesOf(content: { stream(): AsyncIterable<Uint8Array> }): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await collect(content.stream()).then((chunks) => chunks.map((chunk) => new Uint8Array(chunk)))))
}
