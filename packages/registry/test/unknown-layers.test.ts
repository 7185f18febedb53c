/** A layer of a media type that nobody here knows: moved byte for byte wherever images go, an error only where its contents are asked for. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import { type BlobSource, canonicalJson, type Image, MEDIA, readImage } from '@layerwright/image'
import {
  importImage,
  openLayout,
  openOciArchive,
  validateImage,
  writeDockerArchive,
  writeLayout,
  writeOciArchive,
} from '@layerwright/image/node'
import { copyImage, openRegistryImage, pushImage } from '@layerwright/registry'
import { memoryStore } from '@layerwright/store'
import { memoryContent, readAll } from '@layerwright/vfs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pair } from './support.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-unknown-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'
const BYTES = new Uint8Array(70_000).map((_, i) => (i * 31) >> 3)

let image: Image
beforeAll(async () => {
  const blobs = new Map<string, Uint8Array>()
  const put = (mediaType: string, bytes: Uint8Array) => {
    const digest = sha256(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const config = put(
    MEDIA.config,
    canonicalJson({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [sha256('what it would be')] } }),
  )
  const layers = [{ ...put(TYPE, BYTES), annotations: { 'org.example.key': 'k' } }]
  const manifest = put(MEDIA.manifest, canonicalJson({ schemaVersion: 2, mediaType: MEDIA.manifest, config, layers }))
  const source: BlobSource = { blob: async ({ digest }) => memoryContent(blobs.get(digest)!) }
  image = await readImage(source, manifest)
})

async function expectSame(found: Image): Promise<void> {
  expect(found.digest).toBe(image.digest)
  expect(found.manifest.layers).toEqual(image.manifest.layers)
  expect(await readAll(found.layers[0]!.content)).toEqual(BYTES)
}

it('goes through layout, archive and registry as it is', async () => {
  await writeLayout(join(base, 'layout'), [image], { refs: ['x'] })
  const inLayout = await (await openLayout(join(base, 'layout'))).image()
  await expectSame(inLayout)
  await writeOciArchive(join(base, 'archive.tar'), [inLayout], { compression: 'gzip' })
  const archive = await openOciArchive(join(base, 'archive.tar'))
  const inArchive = await archive.image()
  await expectSame(inArchive)
  const { client } = pair()
  await pushImage('registry.test/app:1', inArchive, { client })
  archive.close?.()
  await copyImage('registry.test/app:1', 'registry.test/copy:2', client)
  const pulled = await (await openRegistryImage('registry.test/copy:2', client)).image()
  await expectSame(pulled)
  await writeLayout(join(base, 'pulled'), [pulled], { refs: ['y'] })
  await expectSame(await (await openLayout(join(base, 'pulled'))).image())
})

it('is an error with a code where its contents are needed', async () => {
  const refused = { code: 'MEDIA_TYPE_UNSUPPORTED' }
  await expect(importImage(memoryStore(), image)).rejects.toMatchObject(refused)
  await expect(writeDockerArchive(join(base, 'docker.tar'), [image])).rejects.toMatchObject(refused)
  expect((await validateImage(image)).map(({ code }) => code)).toEqual(['LAYER_MEDIA_TYPE'])
})
