/** S35: credentials go to the registry's own origin only, and are dropped on a redirect (CVE-2020-15157, GHSA-qvqc-4c52-x6qp). */
import { openRegistry } from '@layerwright/registry'
import { holdBlob, type MemoryRegistryOptions, memoryRegistry } from '@layerwright/registry/testing'
import { describe, expect, it } from 'vitest'

const PASSWORD = 'secret'
const setUp = (options: MemoryRegistryOptions) => {
  const registry = memoryRegistry(options)
  const client = openRegistry({
    fetch: registry.fetch,
    credentials: () => ({ username: 'me', password: PASSWORD }),
    sleep: async () => {},
    limits: { attempts: 2 },
  })
  const digest = holdBlob(registry.repository('app'), new Uint8Array(100).fill(7))
  const read = async () => {
    let size = 0
    for await (const chunk of client.repository('registry.test/app').blobs.open({ digest, size: 100 }).stream()) size += chunk.length
    return size
  }
  const strangers = () => registry.requests.filter(({ host }) => !['registry.test', 'auth.registry.test'].includes(host))
  return { registry, client, digest, read, strangers }
}

describe.each(['token', 'basic'] as const)('S35: a registry that wants %s', (kind) => {
  const auth = { kind, username: 'me', password: PASSWORD }

  it('is read through a redirect to another host, which gets no Authorization', async () => {
    const { read, strangers } = setUp({ auth, blobOrigin: 'https://cdn.test' })
    expect(await read()).toBe(100)
    expect(strangers().map(({ host, authorization }) => [host, authorization])).toEqual([['cdn.test', null]])
  })

  it('does not get it back either when the redirect comes home again', async () => {
    let hops = 0
    const { read, registry } = setUp({
      auth,
      fault: ({ host, authorization, url }) => {
        if (host === 'registry.test' && authorization !== null && url.includes('/blobs/') && hops++ === 0)
          return { kind: 'redirect', to: 'https://other.test/x' }
        return host === 'other.test' ? { kind: 'redirect', to: url.replace('other.test/x', 'registry.test/v2/') } : undefined
      },
    })
    await expect(read()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(registry.requests.at(-1)).toMatchObject({ host: 'registry.test', authorization: null })
  })

  it('other port and other scheme are other origins', async () => {
    for (const to of ['https://registry.test:8443/x', 'https://sub.registry.test/x']) {
      const { read, strangers } = setUp({ auth, fault: ({ url }) => (url.includes('/blobs/') ? { kind: 'redirect', to } : undefined) })
      await expect(read()).rejects.toMatchObject({ code: /MISMATCH$/ })
      expect(strangers().every(({ authorization }) => authorization === null)).toBe(true)
    }
    const { read } = setUp({ auth, fault: () => ({ kind: 'redirect', to: 'http://registry.test/x' }) })
    await expect(read()).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
  })

  it('a 401 of a stranger is not answered', async () => {
    const { read, strangers } = setUp({
      auth,
      blobOrigin: 'https://cdn.test',
      fault: ({ host }) => (host === 'cdn.test' ? { kind: 'challenge', realm: 'https://cdn.test/token' } : undefined),
    })
    await expect(read()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(strangers().every(({ authorization }) => authorization === null)).toBe(true)
  })

  it.each([
    ['a metadata service', 'https://169.254.169.254/latest'],
    ['this machine', 'https://127.0.0.1/x'],
    ['this machine as one number', 'https://2130706433/x'],
    ['a private network', 'https://10.0.0.1/x'],
    ['a URL with a user', 'https://me:pw@cdn.test/x'],
  ])('is not followed to %s', async (_, to) => {
    const { read, strangers } = setUp({ auth, fault: ({ url }) => (url.includes('/blobs/') ? { kind: 'redirect', to } : undefined) })
    await expect(read()).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
    expect(strangers()).toEqual([])
  })

  it('a list that goes on elsewhere is not asked on', async () => {
    const { client, strangers } = setUp({
      auth,
      fault: ({ url }) =>
        url.includes('/tags/') ? { kind: 'header', name: 'link', value: '<https://evil.example/more>; rel="next"' } : undefined,
    })
    const list = async () => {
      for await (const _ of client.repository('registry.test/app').tags());
    }
    await expect(list()).rejects.toMatchObject({ code: 'LOCATION_REFUSED' })
    expect(strangers()).toEqual([])
  })
})

it('S35: each registry gets its own credentials, and foreign layers are not fetched from where their descriptor says', async () => {
  const a = memoryRegistry({ host: 'a.test', auth: { kind: 'basic', username: 'me', password: 'of-a' } })
  const b = memoryRegistry({ host: 'b.test', auth: { kind: 'basic', username: 'me', password: 'of-b' } })
  const asked: string[] = []
  const client = openRegistry({
    fetch: (input, init) => (new URL(new Request(input).url).host === 'a.test' ? a : b).fetch(input, init),
    credentials: (name) => {
      asked.push(name)
      return { username: 'me', password: name === 'a.test' ? 'of-a' : 'of-b' }
    },
  })
  await client.check('a.test')
  await client.check('b.test')
  expect(asked).toEqual(['a.test', 'b.test'])
  const seen = (registry: typeof a) => new Set(registry.requests.map(({ authorization }) => authorization && atob(authorization.slice(6))))
  expect(seen(a)).toEqual(new Set([null, 'me:of-a']))
  expect(seen(b)).toEqual(new Set([null, 'me:of-b']))
})
