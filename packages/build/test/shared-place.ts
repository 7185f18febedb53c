import type { CachePlace } from '@layerwright/build'
import type { Descriptor } from '@layerwright/image'

/** A place in memory, which counts what it is asked for. */
export function memoryPlace() {
  const manifests = new Map<string, Uint8Array>()
  const blobs = new Map<string, Uint8Array>()
  const asked = { manifests: 0, blobs: 0 }
  const place: CachePlace = {
    name: 'memory.test/cache',
    async manifest(tag) {
      asked.manifests++
      return manifests.get(tag)
    },
    blob({ digest, size }: Descriptor) {
      return {
        size,
        async *stream(start, end) {
          if (start === undefined || end === undefined) asked.blobs++
          const bytes = blobs.get(digest)
          if (!bytes) throw Object.assign(new Error(`no blob ${digest}`), { code: 'NOT_FOUND' })
          yield bytes.slice(start, end)
        },
      }
    },
    async putBlob({ digest }, content) {
      const parts: number[] = []
      for await (const chunk of content.stream()) parts.push(...chunk)
      blobs.set(digest, Uint8Array.from(parts))
    },
    async putManifest(tag, bytes) {
      manifests.set(tag, bytes)
    },
    async *tags() {
      yield* manifests.keys()
    },
  }
  return { place, manifests, blobs, asked }
}
