/** S34: a document that can be read in two ways is not read, and its media type is the one that it was announced with (CVE-2021-41190). */
import { canonicalJson, MEDIA } from '@layerwright/image'
import { copyImage, openRegistry, openRegistryImage } from '@layerwright/registry'
import { holdBlob, holdManifest, memoryRegistry } from '@layerwright/registry/testing'
import { expect, it } from 'vitest'

const registry = memoryRegistry()
const client = openRegistry({ fetch: registry.fetch })
const held = registry.repository('app')
const config = holdBlob(held, canonicalJson({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }))
const described = { mediaType: MEDIA.config, digest: config, size: held.blobs.get(config)!.length }
const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest, config: described, layers: [] }
const index = { schemaVersion: 2, mediaType: MEDIA.index, manifests: [] }

it.each([
  ['a manifest that lists manifests', { ...manifest, manifests: [] }, MEDIA.manifest],
  ['an index that has layers', { ...index, layers: [] }, MEDIA.index],
  ['an index that has a config', { ...index, config: described }, MEDIA.index],
  ['a manifest that is served as an index', manifest, MEDIA.index],
  ['an index that is served as a manifest', index, MEDIA.manifest],
  ['an OCI manifest that is served as one of Docker', manifest, MEDIA.dockerManifest],
])('S34: %s', async (_, document, contentType) => {
  holdManifest(held, canonicalJson(document), contentType, 'x')
  await expect(openRegistryImage('registry.test/app:x', client)).rejects.toMatchObject({ code: 'DOCUMENT_AMBIGUOUS' })
  await expect(copyImage('registry.test/app:x', 'registry.test/copy:x', client)).rejects.toMatchObject({ code: 'DOCUMENT_AMBIGUOUS' })
  expect(registry.repository('copy').tags.size).toBe(0)
})

it('S34: parameters of the Content-Type do not matter, and the right one is read', async () => {
  holdManifest(held, canonicalJson(manifest), `${MEDIA.manifest}; charset=utf-8`, 'y')
  expect((await (await openRegistryImage('registry.test/app:y', client)).image()).config.os).toBe('linux')
})
