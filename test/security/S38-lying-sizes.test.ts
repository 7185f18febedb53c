/** S38: never more bytes than described are read, size and digest are checked at the end, and a writer commits only after both. */
import { sha256 } from '@layerwright/digest'
import { canonicalJson, importImage, MEDIA } from '@layerwright/image'
import { openRegistry, openRegistryImage } from '@layerwright/registry'
import { holdBlob, holdManifest, memoryRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'

const limits = { attempts: 3 }
const bytes = new Uint8Array(100_000).fill(5)

function setUp() {
  const registry = memoryRegistry()
  const client = openRegistry({ fetch: registry.fetch, sleep: async () => {}, limits })
  return { registry, client, digest: holdBlob(registry.repository('app'), bytes), blobs: client.repository('registry.test/app').blobs }
}

async function count(content: { stream(): AsyncIterable<Uint8Array> }) {
  let size = 0
  try {
    for await (const chunk of content.stream()) size += chunk.length
    return { size, code: 'OK' }
  } catch (error) {
    return { size, code: (error as { code: string }).code }
  }
}

describe('S38: a blob', () => {
  it('that is longer than described', async () => {
    const { blobs, digest } = setUp()
    const { size, code } = await count(blobs.open({ digest, size: 60_000 }))
    expect(code).toBe('SIZE_MISMATCH')
    expect(size).toBeLessThanOrEqual(60_000)
  })
  it('that is shorter than described', async () => {
    const { blobs, digest } = setUp()
    expect(await count(blobs.open({ digest, size: 200_000 }))).toMatchObject({ code: 'SIZE_MISMATCH' })
  })
  it('that never ends, and does not say how long it is', async () => {
    let given = 0
    const endless: typeof fetch = async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            given += 10_000
            controller.enqueue(new Uint8Array(10_000))
          },
        }),
      )
    const client = openRegistry({ fetch: endless, limits })
    const { size, code } = await count(client.repository('registry.test/app').blobs.open({ digest: sha256(bytes), size: 50_000 }))
    expect(code).toBe('SIZE_MISMATCH')
    expect(size).toBeLessThanOrEqual(50_000)
    expect(given).toBeLessThan(200_000)
  })
  it('that is another one of the same size', async () => {
    const { blobs, digest, registry } = setUp()
    registry.repository('app').blobs.set(digest, new Uint8Array(100_000))
    expect(await count(blobs.open({ digest, size: 100_000 }))).toEqual({ size: 100_000, code: 'DIGEST_MISMATCH' })
  })
})

it('S38: a manifest that never ends, or is another than its digest says', async () => {
  const endless: typeof fetch = async () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) }), {
      headers: { 'content-type': MEDIA.manifest },
    })
  await expect(openRegistryImage('registry.test/app', openRegistry({ fetch: endless }))).rejects.toMatchObject({
    code: 'RESPONSE_TOO_LARGE',
  })
  const { registry, client } = setUp()
  const held = registry.repository('app')
  const digest = holdManifest(held, canonicalJson({ schemaVersion: 2 }), MEDIA.manifest)
  held.manifests.set(digest, { bytes: new TextEncoder().encode('{"schemaVersion":2 }'), mediaType: MEDIA.manifest })
  await expect(openRegistryImage(`registry.test/app@${digest}`, client)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
})

it.each([-1, 1])('S38: a layer whose descriptor is %i bytes off leaves nothing in the store', async (off) => {
  const { registry, client } = setUp()
  const held = registry.repository('app')
  const layer = new Uint8Array(10_240)
  const layerDigest = holdBlob(held, layer)
  const config = canonicalJson({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layerDigest] } })
  const described = { mediaType: MEDIA.config, digest: holdBlob(held, config), size: config.length }
  const layers = [{ mediaType: MEDIA.layer, digest: layerDigest, size: layer.length + off }]
  holdManifest(held, canonicalJson({ schemaVersion: 2, mediaType: MEDIA.manifest, config: described, layers }), MEDIA.manifest, 'x')
  const store = memoryStore()
  const image = await (await openRegistryImage('registry.test/app:x', client)).image()
  await expect(importImage(store, image)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
  const kept = []
  for await (const blob of store.blobs()) kept.push(blob)
  expect(kept).toEqual([])
})
