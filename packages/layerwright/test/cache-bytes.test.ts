/** What an all-hit build brings from a registry: the layers of its result, and of other stages what says what is in them. */
import { type BuildOptions, build, memoryContext } from '@layerwright/build'
import { sha256 } from '@layerwright/digest'
import { simulatedShell } from '@layerwright/executor/shell'
import type { Descriptor } from '@layerwright/image'
import { decodeIndex, encodeIndex } from '@layerwright/layer'
import { openRegistry, registryArtifacts } from '@layerwright/registry'
import { memoryRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { memoryContent, readAll } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

/** Bytes that do not compress. */
const noise = (bytes: number): string => {
  let text = ''
  for (let i = 0; text.length < bytes; i++) text += sha256(String(i))
  return text
}
const BIG = 200_000
const FILES = {
  Dockerfile: `FROM scratch AS tools
COPY tools/ /tools/
FROM scratch AS made
COPY --from=tools /tools/small /in/small
COPY big /in/big
FROM scratch
COPY --from=made /in/small /app/small
COPY own /app/own
`,
  'tools/small': 'small',
  'tools/big': noise(BIG),
  big: noise(BIG),
  own: 'own',
}
const INDEX = 'application/vnd.layerwright.layer.index.v1'

/** A registry with the results of a build, and a place that counts the bytes of the blobs that come from it. */
async function filled() {
  const registry = memoryRegistry()
  const count = { bytes: 0, blobs: [] as string[] }
  const counted: typeof fetch = async (input, init) => {
    const response = await registry.fetch(input, init)
    const request = new Request(input, init)
    const digest = /\/blobs\/(sha256:.*)/.exec(request.url)?.[1]
    if (request.method !== 'GET' || !digest || !response.ok) return response
    const bytes = new Uint8Array(await response.arrayBuffer())
    count.bytes += bytes.length
    count.blobs.push(digest)
    return new Response(bytes, { status: response.status, headers: response.headers })
  }
  const place = registryArtifacts('registry.test/cache', openRegistry({ fetch: counted, sleep: async () => {} }))
  const on = (options: Partial<BuildOptions>, files: Record<string, string> = FILES) =>
    build({ context: memoryContext(files), store: memoryStore(), executor: simulatedShell(), ...options })
  const { image, steps } = await on({ cacheTo: [{ place, mode: 'max' }] })
  const layerOf = (text: string) => steps.find(({ instruction }) => instruction.includes(text))!.layer!
  Object.assign(count, { bytes: 0, blobs: [] })
  return { place, on, count, image, layerOf }
}

describe('an all-hit build over a registry', () => {
  it('brings the layers of its result, and no other', async () => {
    const { place, on, count, image, layerOf } = await filled()
    const result = await on({ cacheFrom: [{ place }] })
    expect(result.steps.map(({ outcome }) => outcome)).toEqual(Array(5).fill('cached'))
    expect(result.image.digest).toBe(image.digest)
    const ofImage = result.image.layers.map(({ diffId }) => diffId)
    expect(count.blobs).toEqual(expect.arrayContaining(ofImage))
    for (const text of ['tools/ /tools/', 'COPY big', '/in/small']) expect(count.blobs).not.toContain(layerOf(text).diffId)
    const now = count.bytes

    // As it is where entries have no index: layers of all stages that something is taken from.
    Object.assign(count, { bytes: 0, blobs: [] })
    const withoutIndex = {
      ...place,
      async manifest(tag: string) {
        const bytes = await place.manifest(tag)
        if (!bytes) return undefined
        const manifest = JSON.parse(new TextDecoder().decode(bytes))
        const layers = manifest.layers.filter(({ mediaType }: { mediaType: string }) => mediaType !== INDEX)
        return new TextEncoder().encode(JSON.stringify({ ...manifest, layers }))
      },
    }
    const before = await on({ cacheFrom: [{ place: withoutIndex }] })
    expect(before.image.digest).toBe(image.digest)
    expect(count.blobs).toContain(layerOf('tools/ /tools/').diffId)
    console.log(
      `all-hit build of ${2 * BIG} bytes in stages that are no part of the result: ${now} bytes came, ${count.bytes} without indexes`,
    )
    expect(count.bytes - now).toBeGreaterThan(2 * BIG)
  })

  it('brings a layer when a step that runs takes files from it', async () => {
    const { place, on, count, layerOf } = await filled()
    const files = { ...FILES, Dockerfile: FILES.Dockerfile.replace('/app/small', '/app/renamed') }
    const result = await on({ cacheFrom: [{ place }] }, files)
    expect(result.image.digest).toBe((await on({}, files)).image.digest)
    expect(count.blobs).toContain(layerOf('/in/small').diffId)
    expect(count.blobs).not.toContain(layerOf('tools/ /tools/').diffId)
    expect(count.blobs).not.toContain(layerOf('COPY big').diffId)
  })

  it('runs a command on layers that were only known of', async () => {
    const { place, on } = await filled()
    const stub = { content: '\x7fELF stub', mode: 0o755 }
    const files = {
      ...FILES,
      Dockerfile: `${FILES.Dockerfile}COPY bin/ /bin/\nRUN cat /app/own /app/small > /app/both\n`,
      'bin/sh': stub,
      'bin/cat': stub,
    }
    const context = memoryContext(files)
    const result = await on({ context, cacheFrom: [{ place }] })
    expect(result.steps.map(({ outcome }) => outcome)).toEqual([...Array(5).fill('cached'), 'ran', 'ran'])
    expect(result.image.digest).toBe((await on({ context })).image.digest)
  })

  it('is another build where an index says what is not in its layer', async () => {
    const { place, on, image } = await filled()
    const lies = new Map<string, Uint8Array>()
    const lying = {
      ...place,
      async manifest(tag: string) {
        const bytes = await place.manifest(tag)
        const manifest = bytes && JSON.parse(new TextDecoder().decode(bytes))
        const index: Descriptor | undefined = manifest?.layers.find(({ mediaType }: Descriptor) => mediaType === INDEX)
        if (!index) return bytes
        const content = await readAll(place.blob(index))
        const { diffId, size, columns } = decodeIndex(content)
        const lie = encodeIndex({ ...decodeIndex(content), columns: { ...columns, digests: columns.digests.map((byte) => byte ^ 1) } })
        const digest = sha256(lie)
        lies.set(digest, lie)
        expect([diffId, size]).toEqual([manifest.layers[0].digest, manifest.layers[0].size])
        const layers = manifest.layers.map((one: Descriptor) => (one === index ? { ...index, digest } : one))
        return new TextEncoder().encode(JSON.stringify({ ...manifest, layers }))
      },
      blob(descriptor: Descriptor) {
        const lie = lies.get(descriptor.digest)
        return lie ? memoryContent(lie) : place.blob(descriptor)
      },
    }
    const refused: string[] = []
    const result = await on({
      cacheFrom: [{ place: lying }],
      onEvent: (event) => void (event.type === 'notice' && event.code === 'CACHE_REFUSED' && refused.push(event.message)),
    })
    expect(result.image.digest).toBe(image.digest)
    expect(refused.some((message) => message.includes('its index is not that of its layer'))).toBe(true)
  })
})
