/** S37: an upload goes on at the registry's own origin, with the same scheme (GHSA-jxpm-75mh-9fp7). */
import { sha256 } from '@layerwright/digest'
import { openRegistry } from '@layerwright/registry'
import { memoryRegistry } from '@layerwright/registry/testing'
import { expect, it } from 'vitest'

const bytes = new Uint8Array(5000).fill(3)
const blob = { digest: sha256(bytes), size: bytes.length }
const content = {
  size: bytes.length,
  async *stream(start = 0, end = bytes.length) {
    yield bytes.subarray(start, end)
  },
}

it.each([
  ['another host', 'https://evil.example/upload'],
  ['another port', 'https://registry.test:8443/upload'],
  ['plain http', 'http://registry.test/v2/app/blobs/uploads/1'],
  ['a host below', 'https://uploads.registry.test/upload'],
  ['a URL with a user', 'https://me:pw@registry.test/upload'],
  ['a protocol-relative URL', '//evil.example/upload'],
])('S37: a Location with %s, at each part of an upload', async (_, to) => {
  for (const method of ['POST', 'PATCH']) {
    const auth = { kind: 'token', username: 'me', password: 'secret' } as const
    const registry = memoryRegistry({
      auth,
      fault: (request) =>
        request.method === method && request.host === 'registry.test' && request.authorization !== null
          ? { kind: 'location', to }
          : undefined,
    })
    const client = openRegistry({ fetch: registry.fetch, credentials: () => auth, sleep: async () => {}, limits: { uploadChunk: 1000 } })
    await expect(client.repository('registry.test/app').blobs.upload(blob, content)).rejects.toMatchObject({ code: 'LOCATION_REFUSED' })
    const hosts = new Set(registry.requests.map(({ host }) => host))
    expect([...hosts].sort()).toEqual(['auth.registry.test', 'registry.test'])
    expect(registry.repository('app').blobs.size).toBe(0)
  }
})

it('S37: a relative Location, and an absolute one with a query, are where they say', async () => {
  const registry = memoryRegistry()
  const client = openRegistry({ fetch: registry.fetch, limits: { uploadChunk: 1000 } })
  expect(await client.repository('registry.test/app').blobs.upload(blob, content)).toBe('uploaded')
  expect(registry.repository('app').blobs.get(blob.digest)).toEqual(bytes)
})
