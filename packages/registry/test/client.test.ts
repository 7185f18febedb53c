/** What the client does with a registry that works. */

import { sha256 } from '@layerwright/digest'
import { canonicalJson, MEDIA, makeImage } from '@layerwright/image'
import { compressors, importImage, validateImage } from '@layerwright/image/node'
import { storeLayer } from '@layerwright/layer'
import { copyImage, openRegistry, openRegistryImage, pushImage, type RegistryEvent, tagRemote } from '@layerwright/registry'
import { holdBlob, holdManifest, memoryRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { fileInode, memoryContent, textContent } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'
import { amd64, arm64, bytesOf, collect, impatient, noise, PASSWORD, pair, sampleImage, tokenAuth, withPassword } from './support.js'

describe('pushing and pulling', () => {
  it.each(['gzip', 'none'] as const)('an image comes back as it went (%s)', async (compression) => {
    const { client } = pair()
    const image = await sampleImage()
    const pushed = await pushImage('registry.test/team/app:1', image, { client, compression })
    const source = await openRegistryImage('registry.test/team/app:1', client)
    const found = await source.image()
    expect(await validateImage(found)).toEqual([])
    expect(found.digest).toBe(pushed.descriptor.digest)
    expect(found.config).toEqual(image.config)
    const stored = await importImage(memoryStore(), found, { concurrency: 3 })
    expect(stored.digest).toBe(image.digest)
    if (compression === 'none') expect(pushed.descriptor.digest).toBe(image.digest)
    expect((await source.list()).map(({ descriptor }) => descriptor.digest)).toEqual([pushed.descriptor.digest])
  })

  it('several images become an index of platforms', async () => {
    const { client } = pair()
    const images = [await sampleImage(), await sampleImage({ seed: 2, platform: arm64 })]
    const { descriptor, manifests } = await pushImage('registry.test/multi', images, { client })
    expect(descriptor.mediaType).toBe(MEDIA.index)
    expect(manifests).toHaveLength(2)
    const source = await openRegistryImage('registry.test/multi:latest', client)
    await expect(source.image()).rejects.toMatchObject({ code: 'IMAGE_AMBIGUOUS' })
    for (const [i, platform] of [amd64, arm64].entries()) {
      expect((await source.image({ platform })).config).toEqual(images[i]!.config)
    }
    const byDigest = await openRegistryImage(`registry.test/multi@${manifests[1]!.digest}`, client)
    expect((await byDigest.image()).platform).toEqual(arm64)
  })

  it('speaks Docker’s media types when it is told to', async () => {
    const { client, registry } = pair()
    const image = await sampleImage()
    const { descriptor } = await pushImage('registry.test/app', image, { client, mediaTypes: 'docker' })
    expect(descriptor.mediaType).toBe(MEDIA.dockerManifest)
    const manifest = JSON.parse(new TextDecoder().decode(registry.repository('app').manifests.get(descriptor.digest)!.bytes))
    expect(manifest.config.mediaType).toBe(MEDIA.dockerConfig)
    expect(manifest.layers.map((layer: { mediaType: string }) => layer.mediaType)).toEqual(
      Array(2).fill('application/vnd.docker.image.rootfs.diff.tar.gzip'),
    )
    const found = await (await openRegistryImage('registry.test/app', client)).image()
    expect(await validateImage(found)).toEqual([])
  })

  it('sends no blob twice, mounts what another repository has, and compresses each layer once', async () => {
    const { client, registry } = pair({ auth: tokenAuth }, withPassword)
    const image = await sampleImage()
    const store = memoryStore()
    let compressed = 0
    const gzip = async function* (input: AsyncIterable<Uint8Array>) {
      compressed++
      yield* input as AsyncIterable<Uint8Array>
    }
    await pushImage('registry.test/a:1', image, { client, store, compressors: { gzip } })
    const sent = () => registry.requests.filter(({ sent, url }) => sent > 0 && url.includes('/blobs/')).length
    const before = sent()
    expect([before, compressed]).toEqual([3, 2])
    await pushImage('registry.test/a:2', image, { client, store, compressors: { gzip } })
    await pushImage('registry.test/b:1', image, { client, store, compressors: { gzip }, mountFrom: ['a'] })
    expect([sent(), compressed]).toEqual([before, 2])
    expect([...registry.repository('b').blobs.keys()].sort()).toEqual([...registry.repository('a').blobs.keys()].sort())
    expect(registry.repository('b').uploads.size).toBe(0)
  })

  it('passes layers on in the form in which they came, whatever it is, and compresses only what is new', async () => {
    const { client, registry } = pair()
    const store = memoryStore()
    const sent = await pushImage('registry.test/base:1', await sampleImage(), { client, compression: 'zstd', compressors })
    const manifest = (tag: string, name = 'base') => {
      const held = registry.repository(name)
      return JSON.parse(new TextDecoder().decode(held.manifests.get(held.tags.get(tag)!)!.bytes))
    }
    expect(manifest('1').layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual(Array(2).fill(MEDIA.layerZstd))
    const base = await importImage(store, await (await openRegistryImage('registry.test/base:1', client)).image())
    const top = await storeLayer(store, [{ path: 'top', inode: fileInode(textContent('new')) }])
    const { rootfs: _, history: __, ...config } = base.config
    const image = makeImage({ config, layers: [...base.unpacked, top] })
    const compressed: unknown[] = []
    const gzip = (input: AsyncIterable<Uint8Array>, level: number) => {
      compressed.push(level)
      return compressors.gzip(input, level)
    }
    await pushImage('registry.test/child:1', image, { client, store, compressors: { gzip }, level: 9 })
    expect(compressed).toEqual([9])
    const layers = manifest('1', 'child').layers
    expect(layers.slice(0, 2)).toEqual(manifest('1').layers)
    expect(layers[2].mediaType).toBe(MEDIA.layerGzip)
    expect(await validateImage(await (await openRegistryImage('registry.test/child:1', client)).image())).toEqual([])
    // the same bytes as they came: the image itself has its old digest where nothing is new
    const again = await pushImage('registry.test/base:2', base, { client, store, compressors })
    expect(again.descriptor.digest).toBe(sent.descriptor.digest)
    for (const level of [0, 10, 1.5])
      await expect(pushImage('registry.test/child:2', image, { client, store, level })).rejects.toMatchObject({
        code: 'COMPRESSION_UNUSABLE',
      })
    await expect(pushImage('registry.test/child:2', image, { client, compression: 'zstd' })).rejects.toMatchObject({
      code: 'COMPRESSION_UNUSABLE',
    })
  })

  it('sends large blobs in chunks, and tells how it gets on', async () => {
    const events: RegistryEvent[] = []
    const { client, registry } = pair({}, { limits: { uploadChunk: 1000 }, onEvent: (event) => events.push(event) })
    const image = await sampleImage({ bytes: 10_000 })
    await pushImage('registry.test/app', image, { client, compression: 'none' })
    expect(registry.requests.filter(({ method }) => method === 'PATCH').length).toBeGreaterThan(10)
    const layer = image.layers[1]!.descriptor
    const done = events.flatMap((event) => (event.type === 'blob.progress' && event.digest === layer.digest ? [event.done] : []))
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(layer.size)
    expect(events.filter((event) => event.type === 'blob.finished').map((event) => 'outcome' in event && event.outcome)).toEqual(
      Array(3).fill('uploaded'),
    )
  })

  it('goes on with an upload from the last byte that arrived', async () => {
    const { client, registry } = pair({}, { limits: { uploadChunk: 1000 } })
    const bytes = noise(10_000)
    const content = memoryContent(bytes)
    let cuts = 0
    registry.setFault(({ method, number }) =>
      method === 'PATCH' && number % 3 === 0 && ++cuts < 5 ? { kind: 'cut', after: 600 } : undefined,
    )
    expect(await client.repository('registry.test/app').blobs.upload({ digest: sha256(bytes), size: 10_000 }, content)).toBe('uploaded')
    expect(registry.repository('app').blobs.get(sha256(bytes))).toEqual(bytes)
    expect(cuts).toBeGreaterThan(2)
    const sent = registry.requests.reduce((sum, request) => sum + request.sent, 0)
    // each cut lost the 400 bytes behind it, and nothing else
    expect(sent).toBeLessThanOrEqual(10_000 + cuts * 400)
    expect(registry.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('brings blobs again that the registry turns out not to have', async () => {
    const { client, registry } = pair()
    const image = await sampleImage()
    let times = 0
    registry.setFault(({ method, url }) => {
      if (method !== 'PUT' || !url.includes('/manifests/') || ++times > 2) return undefined
      // another client's push has ended badly meanwhile
      registry.repository('app').blobs.clear()
      return { kind: 'status', status: 400, code: 'MANIFEST_BLOB_UNKNOWN' }
    })
    await pushImage('registry.test/app:1', image, { client })
    expect(await validateImage(await (await openRegistryImage('registry.test/app:1', client)).image())).toEqual([])
    registry.setFault(({ method, url }) =>
      method === 'PUT' && url.includes('/manifests/') ? { kind: 'status', status: 400, code: 'MANIFEST_BLOB_UNKNOWN' } : undefined,
    )
    await expect(pushImage('registry.test/app:2', image, { client })).rejects.toMatchObject({
      code: 'REJECTED',
      details: ['MANIFEST_BLOB_UNKNOWN'],
    })
  })

  it('asks a registry that does not say what it keeps, and tells when that is something else', async () => {
    const { client, registry } = pair()
    const image = await sampleImage()
    const silent = { kind: 'header', name: 'docker-content-digest', value: undefined } as const
    registry.setFault(({ method, url }) => (url.includes('/manifests/') && method === 'PUT' ? silent : undefined))
    await pushImage('registry.test/app:1', image, { client })
    expect(registry.requests.filter(({ method, url }) => method === 'HEAD' && url.includes('/manifests/'))).toHaveLength(1)
    // it takes the manifest, and lets the name be
    const other = await sampleImage({ seed: 8 })
    registry.setFault(({ method, url }) => (url.includes('/manifests/') && method === 'PUT' ? { kind: 'status', status: 201 } : undefined))
    await expect(pushImage('registry.test/app:1', other, { client })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('refuses to push to a digest, and leaves no blob of a damaged image behind a name', async () => {
    const { client, registry } = pair()
    const image = await sampleImage()
    await expect(pushImage(`registry.test/app@${image.digest}`, image, { client })).rejects.toMatchObject({ code: 'REFERENCE_UNSUITABLE' })
    const bad = {
      size: image.layers[1]!.content.size,
      async *stream() {
        yield new Uint8Array(image.layers[1]!.content.size)
      },
    }
    const damaged = { ...image, layers: [image.layers[0]!, { ...image.layers[1]!, content: bad }] }
    await expect(pushImage('registry.test/app:bad', damaged, { client, compression: 'none' })).rejects.toMatchObject({
      code: 'REJECTED',
      details: ['DIGEST_INVALID'],
    })
    expect([...registry.repository('app').tags]).toEqual([])
    expect(registry.repository('app').uploads.size).toBe(0)
  })
})

describe('other things of a repository', () => {
  it('lists tags and repositories page by page, and deletes', async () => {
    const { client, registry } = pair()
    const app = registry.repository('team/app')
    const digest = holdManifest(app, canonicalJson({ schemaVersion: 2 }), 'application/x', 'v0')
    for (let i = 0; i < 250; i++) app.tags.set(`v${i}`, digest)
    const repository = client.repository('registry.test/team/app')
    const tags = await collect(repository.tags())
    expect(tags).toHaveLength(250)
    expect(new Set(tags).size).toBe(250)
    expect(await collect(client.catalog('registry.test'))).toEqual(['team/app'])
    await repository.manifests.delete('v7')
    expect(await repository.manifests.head('v7')).toBeUndefined()
    await repository.manifests.delete(digest)
    expect(await collect(repository.tags())).toEqual([])
    await expect(client.repository('registry.test/team/app').manifests.get('v1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: ['MANIFEST_UNKNOWN'],
    })
  })

  it('says what to do where a registry deletes no tags, or nothing', async () => {
    const { client, registry } = pair({ deletes: false })
    const digest = holdManifest(registry.repository('app'), canonicalJson({ schemaVersion: 2 }), 'application/x', 'v1')
    const { manifests } = client.repository('registry.test/app')
    await expect(manifests.delete('v1')).rejects.toMatchObject({ code: 'DELETE_REFUSED', hint: expect.stringContaining('by its digest') })
    await expect(manifests.delete(digest)).rejects.toMatchObject({ code: 'DELETE_REFUSED', hint: expect.stringContaining('who runs') })
    await expect(manifests.delete('v1')).rejects.toThrow('does not delete the tag v1 of app')
  })

  it('keeps what it does not know as it is, and copies it whole', async () => {
    const { client, registry } = pair()
    const source = registry.repository('a')
    const blob = holdBlob(source, noise(500))
    const odd = new TextEncoder().encode(`{ "blobs": [ {"mediaType":"x/y", "digest":"${blob}","size":500} ],  "odd":  true}`)
    const child = holdManifest(source, odd, 'application/vnd.example.thing+json')
    const index = canonicalJson({
      schemaVersion: 2,
      mediaType: MEDIA.index,
      manifests: [{ mediaType: 'application/vnd.example.thing+json', digest: child, size: odd.length }],
    })
    const top = holdManifest(source, index, MEDIA.index, 'x')
    const copied = await copyImage('registry.test/a:x', 'registry.test/b:y', client)
    expect(copied.digest).toBe(top)
    const there = await client.repository('registry.test/b').manifests.get(child)
    expect(there.bytes).toEqual(odd)
    expect(there.descriptor.mediaType).toBe('application/vnd.example.thing+json')
    expect(registry.repository('b').blobs.get(blob)).toEqual(noise(500))
    // mounted: nothing but manifests was sent
    expect(registry.requests.filter(({ sent, url }) => sent > 0 && url.includes('/blobs/'))).toEqual([])
    expect((await tagRemote('registry.test/b:y', 'z', client)).digest).toBe(top)
    await expect(openRegistryImage(`registry.test/a@${child}`, client)).rejects.toMatchObject({ code: 'REFERENCE_UNSUITABLE' })
  })

  it.each([true, false])('lists what refers to a manifest (API: %s)', async (referrers) => {
    const { client } = pair({ referrers })
    const image = await sampleImage()
    const { descriptor } = await pushImage('registry.test/app:1', image, { client })
    const repository = client.repository('registry.test/app')
    expect(await repository.referrers(descriptor.digest)).toEqual([])
    const empty = new TextEncoder().encode('{}')
    await repository.blobs.upload(
      { digest: sha256(empty), size: 2 },
      {
        size: 2,
        async *stream() {
          yield empty
        },
      },
    )
    const digests = []
    for (const artifactType of ['application/spdx+json', 'application/x-signature']) {
      const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256(empty), size: 2 }
      const bytes = canonicalJson({ schemaVersion: 2, mediaType: MEDIA.manifest, artifactType, config, layers: [], subject: descriptor })
      digests.push((await repository.manifests.put(bytes, MEDIA.manifest, sha256(bytes))).digest)
    }
    expect((await repository.referrers(descriptor.digest)).map(({ digest }) => digest).sort()).toEqual(digests.sort())
    expect(await repository.referrers(descriptor.digest, 'application/spdx+json')).toMatchObject([
      { artifactType: 'application/spdx+json' },
    ])
    await repository.manifests.delete(digests[0]!)
    expect((await repository.referrers(descriptor.digest)).map(({ digest }) => digest)).toEqual([digests[1]])
  })

  it('reads parts of a blob, verifies the whole, and works without ranges', async () => {
    for (const ranges of [true, false]) {
      const { client, registry } = pair({ ranges })
      const bytes = noise(5000)
      const digest = holdBlob(registry.repository('app'), bytes)
      const content = client.repository('registry.test/app').blobs.open({ digest, size: 5000 })
      expect(await bytesOf(content)).toEqual(bytes)
      expect(await bytesOf({ stream: () => content.stream(100, 250) })).toEqual(bytes.slice(100, 250))
      expect(await client.repository('registry.test/app').blobs.size(digest)).toBe(5000)
    }
  })
})

describe('who may', () => {
  it.each([tokenAuth, { ...tokenAuth, kind: 'basic' } as const])(
    'logs in ($kind), and fails without or with a wrong password',
    async (auth) => {
      const { client, registry } = pair({ auth }, withPassword)
      await client.check('registry.test')
      await pushImage('registry.test/app', await sampleImage(), { client })
      for (const options of [{}, { credentials: () => ({ username: 'me', password: 'wrong' }) }]) {
        const other = openRegistry(impatient(registry, options))
        const code = await openRegistryImage('registry.test/app', other).then(
          () => 'none',
          (error) => error.code,
        )
        expect(code).toBe('UNAUTHORIZED')
      }
    },
  )

  it('pulls without credentials where everybody may, takes a refresh token, and gets a new token when the old one has run out', async () => {
    let now = 1_000_000
    const clock = () => now
    const { client, registry } = pair({ auth: { ...tokenAuth, anonymousPull: true }, clock }, { ...withPassword, clock })
    await pushImage('registry.test/app', await sampleImage(), { client })
    await openRegistryImage('registry.test/app', openRegistry(impatient(registry)))
    now += 3_600_000
    await openRegistryImage('registry.test/app', client)
    const refresh = openRegistry(impatient(registry, { credentials: () => ({ identityToken: `refresh-${PASSWORD}` }) }))
    await pushImage('registry.test/app:2', await sampleImage({ seed: 5 }), { client: refresh })
    expect(registry.repository('app').tags.size).toBe(2)
  })

  it('asks the token server once for many requests of one kind', async () => {
    const { client, registry } = pair({ auth: tokenAuth }, withPassword)
    await pushImage('registry.test/app', await sampleImage(), { client })
    const tokens = registry.requests.filter(({ host }) => host === 'auth.registry.test')
    expect(tokens.length).toBeLessThanOrEqual(5)
  })
})

describe('mirrors', () => {
  it('are asked first, may fail, and never get the registry’s credentials or anything written', async () => {
    const mirror = memoryRegistry({ host: 'mirror.test' })
    const main = memoryRegistry({ auth: tokenAuth })
    const both: typeof fetch = (input, init) => (new Request(input).url.includes('mirror.test') ? mirror : main).fetch(input, init)
    const client = openRegistry({
      ...impatient(main, { fetch: both, credentials: (name) => (name === 'registry.test' ? withPassword.credentials() : undefined) }),
      mirrors: new Map([['registry.test', ['mirror.test']]]),
    })
    const image = await sampleImage()
    const { descriptor } = await pushImage('registry.test/app', image, { client })
    expect(mirror.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([])
    expect(await validateImage(await (await openRegistryImage('registry.test/app', client)).image())).toEqual([])
    for (const [digest, bytes] of main.repository('app').blobs) mirror.repository('app').blobs.set(digest, bytes)
    for (const [digest, held] of main.repository('app').manifests) mirror.repository('app').manifests.set(digest, held)
    const before = main.requests.length
    const found = await (await openRegistryImage(`registry.test/app@${descriptor.digest}`, client)).image()
    expect(await validateImage(found)).toEqual([])
    expect(main.requests.length).toBe(before)
    expect(mirror.requests.filter(({ authorization }) => authorization !== null)).toEqual([])
  })
})
