/** S36: where a registry sends us for a token is looked at first (CVE-2026-48978, go-containerregistry#2193). */
import { openRegistry } from '@layerwright/registry'
import { memoryRegistry } from '@layerwright/registry/testing'
import { expect, it } from 'vitest'

const auth = { kind: 'token', username: 'me', password: 'secret' } as const

async function ask(realm: string, options: { host?: string; known?: boolean; realms?: string[] } = {}) {
  const { host = 'registry.test', known = true, realms = [] } = options
  const registry = memoryRegistry({ host, fault: (request) => (request.host === host ? { kind: 'challenge', realm } : undefined) })
  const client = openRegistry({
    fetch: registry.fetch,
    sleep: async () => {},
    realms,
    ...(known ? { credentials: () => auth } : {}),
  })
  const code = await client.check(host).then(
    () => 'OK',
    (error) => error.code,
  )
  const strangers = registry.requests.filter((request) => request.host !== host)
  return { code, asked: strangers.map((request) => request.host), told: strangers.some(({ authorization }) => authorization !== null) }
}

it.each([
  ['plain http', 'http://auth.registry.test/token'],
  ['a user name', 'https://me:pw@auth.registry.test/token'],
  ['a link-local address', 'https://169.254.169.254/token'],
  ['a link-local address as one number', 'https://2852039166/token'],
  ['a link-local address in hex', 'https://0xa9.0xfe.0xa9.0xfe/token'],
  ['a link-local address in IPv6', 'https://[::ffff:169.254.169.254]/token'],
  ['link-local IPv6', 'https://[fe80::1]/token'],
  ['a metadata host', 'https://metadata.google.internal./token'],
  ['this machine', 'https://localhost:9000/token'],
  ['a private address', 'https://192.168.1.1/token'],
  ['no URL', 'token'],
  ['another scheme', 'file:///etc/passwd'],
])('S36: a realm with %s is never asked', async (_, realm) => {
  for (const known of [true, false]) expect(await ask(realm, { known })).toEqual({ code: 'REALM_REFUSED', asked: [], told: false })
})

it.each([
  ['https://evil.example/token', 'registry.test'],
  ['https://evil-registry.test/token', 'registry.test'],
  ['https://registry.test.evil.example/token', 'registry.test'],
  ['https://evil.co.uk/token', 'registry.co.uk'],
  ['https://evil.github.io/token', 'my.gcr.io'],
])('S36: the password is not told to %s, which is not of %s', async (realm, host) => {
  expect(await ask(realm, { host })).toEqual({ code: 'REALM_REFUSED', asked: [], told: false })
  // somebody without a password has nothing to lose there
  expect((await ask(realm, { host, known: false })).told).toBe(false)
})

it('S36: it is told to the registry’s own site, and to hosts that the user names', async () => {
  for (const [realm, host] of [
    ['https://auth.registry.test/token', 'registry.test'],
    ['https://auth.docker.test/token', 'registry-1.docker.test'],
    ['https://gitlab.test/jwt', 'registry.gitlab.test'],
    ['https://registry.test:5001/token', 'registry.test:5000'],
  ] as const)
    expect(await ask(realm, { host })).toMatchObject({ code: 'UNAUTHORIZED', asked: [new URL(realm).host], told: true })
  expect(await ask('https://login.example/token', { realms: ['login.example'] })).toMatchObject({ asked: ['login.example'], told: true })
})

it('S36: a registry on this machine that speaks plain http may have a token server that does', async () => {
  const registry = memoryRegistry({ host: '127.0.0.1:5000', auth: { ...auth, tokenOrigin: 'http://127.0.0.1:5001' } })
  await openRegistry({ fetch: registry.fetch, credentials: () => auth }).check('127.0.0.1:5000')
  expect(registry.requests.map(({ host }) => host)).toEqual(['127.0.0.1:5000', '127.0.0.1:5001', '127.0.0.1:5000'])
})

it('S36: a token server’s redirect is not followed, and its token can’t break out of the header', async () => {
  for (const fault of [
    { kind: 'redirect', to: 'https://evil.example/' },
    { kind: 'resize', by: -1 },
  ] as const) {
    const registry = memoryRegistry({ auth, fault: ({ host }) => (host === 'auth.registry.test' ? fault : undefined) })
    const client = openRegistry({ fetch: registry.fetch, credentials: () => auth, sleep: async () => {} })
    await expect(client.check('registry.test')).rejects.toMatchObject({
      code: fault.kind === 'redirect' ? 'REALM_REFUSED' : 'RESPONSE_INVALID',
    })
    expect(registry.requests.filter(({ host }) => host === 'evil.example')).toEqual([])
  }
  const bad: typeof fetch = async (input) =>
    new URL(new Request(input).url).host === 'auth.registry.test'
      ? Response.json({ token: 'x\r\nx-evil: 1' })
      : new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.registry.test/token"' } })
  await expect(openRegistry({ fetch: bad }).check('registry.test')).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
})
