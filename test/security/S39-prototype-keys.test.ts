/** S39: keys like `__proto__` in what registries, token servers and credential files say are keys like any other. */
import { canonicalJson, MEDIA } from '@layerwright/image'
import { copyImage, openRegistry, openRegistryImage, pushImage } from '@layerwright/registry'
import { parseDockerConfig } from '@layerwright/registry/node'
import { holdBlob, holdManifest, memoryRegistry } from '@layerwright/registry/testing'
import { afterEach, expect, it } from 'vitest'

const evil = '{"__proto__":{"polluted":"yes","token":"x","tags":["x"]},"constructor":{"prototype":{"polluted":"yes"}}}'
afterEach(() => {
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

it('S39: in configs and annotations, which come back as they went', async () => {
  const registry = memoryRegistry()
  const client = openRegistry({ fetch: registry.fetch })
  const held = registry.repository('app')
  const config = new TextEncoder().encode(
    `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"__proto__":"a","constructor":"b"}},"x":${evil}}`,
  )
  const described = { mediaType: MEDIA.config, digest: holdBlob(held, config), size: config.length }
  const text = `{"schemaVersion":2,"mediaType":"${MEDIA.manifest}","config":${JSON.stringify(described)},"layers":[],"annotations":{"__proto__":"c"}}`
  const digest = holdManifest(held, new TextEncoder().encode(text), MEDIA.manifest, 'x')
  const image = await (await openRegistryImage('registry.test/app:x', client)).image()
  expect(Object.keys(image.config.config?.Labels as object)).toEqual(['__proto__', 'constructor'])
  expect(Object.keys(image.manifest.annotations ?? {})).toEqual(['__proto__'])
  expect((await pushImage('registry.test/other', image, { client })).descriptor.digest).toBe(digest)
  expect((await copyImage('registry.test/app:x', 'registry.test/copy', client)).digest).toBe(digest)
})

it('S39: in lists, errors and tokens, where they are worth nothing', async () => {
  const answers: typeof fetch = async (input) => {
    const { pathname } = new URL(new Request(input).url)
    if (pathname === '/token') return new Response(evil)
    if (pathname.endsWith('/tags/list')) return new Response(evil)
    return new Response(evil, {
      status: pathname === '/v2/' ? 401 : 400,
      headers: { 'www-authenticate': 'Bearer realm="https://registry.test/token"' },
    })
  }
  const client = openRegistry({ fetch: answers })
  await expect(client.check('registry.test')).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  const list = async () => {
    for await (const _ of client.repository('registry.test/app').tags());
  }
  await expect(list()).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  await expect(client.repository('registry.test/app').manifests.get('x')).rejects.toMatchObject({ code: 'REJECTED' })
  expect(canonicalJson({})).toEqual(new TextEncoder().encode('{}'))
})

it('S39: in a credentials file', () => {
  const config = parseDockerConfig(`{"auths":{"__proto__":{"auth":"bWU6c2VjcmV0"}},"credHelpers":${evil}}`, 'config.json')
  expect([...config.auths.keys()]).toEqual(['__proto__'])
  expect(config.auths.get('registry.test')).toBeUndefined()
})
