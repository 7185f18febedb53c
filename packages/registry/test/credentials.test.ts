/** Docker's configuration and credential helpers. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCredentials } from '@layerwright/registry/node'
import { afterAll, beforeAll, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-credentials-'))
const path = process.env.PATH
let count = 0

/** A folder with a config.json. */
function folder(config?: unknown): string {
  const dir = join(base, `d${count++}`)
  mkdirSync(dir)
  if (config !== undefined) writeFileSync(join(dir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  return dir
}
const read = (dir: string) => JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
const auth = (text: string) => Buffer.from(text).toString('base64')

beforeAll(() => {
  const bin = join(base, 'bin')
  mkdirSync(bin)
  // keeps what it is told in a file a server; the protocol is that of docker-credential-helpers
  writeFileSync(
    join(bin, 'docker-credential-tests'),
    `#!${process.execPath}
const fs = require('node:fs')
const input = fs.readFileSync(0, 'utf8')
const file = (server) => ${JSON.stringify(base)} + '/kept-' + server.replace(/[^a-z0-9]/gi, '_')
if (process.argv[2] === 'store') fs.writeFileSync(file(JSON.parse(input).ServerURL), input)
else if (process.argv[2] === 'erase') fs.rmSync(file(input))
else if (!fs.existsSync(file(input))) { console.log('credentials not found in native keychain'); process.exit(1) }
else console.log(fs.readFileSync(file(input), 'utf8'))
`,
  )
  writeFileSync(join(bin, 'docker-credential-broken'), '#!/bin/sh\necho the secret vault is locked\nexit 3\n')
  for (const name of ['tests', 'broken']) chmodSync(join(bin, `docker-credential-${name}`), 0o755)
  process.env.PATH = `${bin}:${path}`
})
afterAll(() => {
  process.env.PATH = path
  rmSync(base, { recursive: true, force: true })
})

it('reads every form of an entry, under every name that tools have used', async () => {
  const dir = folder({
    auths: {
      'https://index.docker.io/v1/': { auth: auth('hub:pw:with:colons') },
      'a.test:5000': { auth: auth('me:pässwörd') },
      'https://b.test/v2/': { username: 'me', password: 'plain' },
      'c.test': { auth: '', identitytoken: 'refresh' },
      'd.test': { registrytoken: 'bearer' },
      'e.test': {},
    },
  })
  const { get } = openCredentials(dir)
  expect(await get('docker.io')).toEqual({ username: 'hub', password: 'pw:with:colons' })
  expect(await get('a.test:5000')).toEqual({ username: 'me', password: 'pässwörd' })
  expect(await get('a.test')).toBeUndefined()
  expect(await get('b.test')).toEqual({ username: 'me', password: 'plain' })
  expect(await get('c.test')).toEqual({ identityToken: 'refresh' })
  expect(await get('d.test')).toEqual({ registryToken: 'bearer' })
  expect(await get('e.test')).toBeUndefined()
  expect(await openCredentials(folder()).get('a.test')).toBeUndefined()
})

it('keeps and forgets credentials, for the owner only, and touches nothing else in the file', async () => {
  const dir = folder({ detachKeys: 'ctrl-e', auths: { 'a.test': { auth: auth('a:b') } }, proxies: { x: 1 } })
  const store = openCredentials(dir)
  expect(await store.set('docker.io', { username: 'me', password: 'secret' })).toBe(store.path)
  expect(read(dir)).toEqual({
    detachKeys: 'ctrl-e',
    auths: { 'a.test': { auth: auth('a:b') }, 'https://index.docker.io/v1/': { auth: auth('me:secret') } },
    proxies: { x: 1 },
  })
  expect(statSync(store.path).mode & 0o777).toBe(0o600)
  expect(await store.delete('docker.io')).toBe(true)
  expect(await store.delete('docker.io')).toBe(false)
  expect(await store.get('docker.io')).toBeUndefined()
  expect(Object.keys(read(dir).auths)).toEqual(['a.test'])
})

it('asks the helper that the file names, for one registry or for all', async () => {
  const dir = folder({
    credsStore: 'tests',
    credHelpers: { 'broken.test': 'broken', 'gone.test': 'not-installed', 'evil.test': '../../bin/sh' },
  })
  const store = openCredentials(dir)
  expect(await store.get('a.test')).toBeUndefined()
  expect(await store.set('a.test', { username: 'me', password: 'in the helper' })).toBe('docker-credential-tests')
  expect(JSON.stringify(read(dir))).not.toContain('in the helper')
  expect(await store.get('a.test')).toEqual({ username: 'me', password: 'in the helper' })
  await store.set('docker.io', { identityToken: 'refresh' })
  expect(existsSync(join(base, 'kept-https___index_docker_io_v1_'))).toBe(true)
  expect(await store.get('docker.io')).toEqual({ identityToken: 'refresh' })
  expect(await store.delete('a.test')).toBe(true)
  expect(await store.get('a.test')).toBeUndefined()
  for (const registry of ['broken.test', 'gone.test', 'evil.test']) {
    await expect(store.get(registry)).rejects.toMatchObject({ code: 'CREDENTIALS_UNUSABLE' })
    const error: Error = await Promise.resolve(store.get(registry)).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect(error.message).not.toContain('vault')
  }
})

it.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['an entry without a colon', { auths: { 'a.test': { auth: auth('nothing') } } }],
])('says what is wrong with a file that is %s', async (_, config) => {
  const store = openCredentials(folder(config))
  await expect(store.get('a.test')).rejects.toMatchObject({ code: 'CREDENTIALS_UNUSABLE' })
  await expect(store.set('a.test', { username: 'me', password: 'x' })).rejects.toMatchObject({ code: 'CREDENTIALS_UNUSABLE' })
})
