/** Against Debian's docker-registry on loopback, and skopeo. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { importImage, validateImage } from '@layerwright/image/node'
import { openRegistry, openRegistryImage, type RegistryOptions } from '@layerwright/registry'
import { nodeTransport, pushImage } from '@layerwright/registry/node'
import { memoryStore } from '@layerwright/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { inCI, requireTool } from '../../../test/support/tools.js'
import { collect, noise, sampleImage } from './support.js'

const program = requireTool('docker-registry')
const skopeo = requireTool('skopeo')
const openssl = requireTool('openssl')
const base = mkdtempSync(join(tmpdir(), 'layerwright-registry-'))
const running: ChildProcess[] = []
const servers: { close(): unknown }[] = []
const run = promisify(execFile)

afterAll(async () => {
  for (const server of servers) server.close()
  for (const child of running) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  rmSync(base, { recursive: true, force: true })
})

/** Starts a docker-registry; gives `127.0.0.1:PORT`. */
async function startRegistry(name: string, more = ''): Promise<string> {
  const port = await freePort()
  const file = join(base, `${name}.yml`)
  writeFileSync(
    file,
    `version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ${join(base, name)}\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:${port}\n${more}`,
  )
  const child = spawn(program!, ['serve', file], { stdio: 'ignore', env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } })
  running.push(child)
  for (let i = 0; ; i++) {
    try {
      await fetch(`http://127.0.0.1:${port}/v2/`)
      return `127.0.0.1:${port}`
    } catch (error) {
      if (i > 1200 || child.exitCode !== null) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A client whose waits are short. */
const client = (options: RegistryOptions = {}) =>
  openRegistry({ random: () => 1, limits: { backoffMs: 20 }, ...(options.fetch ? {} : { transport: nodeTransport() }), ...options })

/** A proxy that breaks a connection when so many bytes have gone one way since the last time, once for each entry. */
async function cuttingProxy(target: string, cuts: { direction: 'up' | 'down'; after: number }[]): Promise<string> {
  const [host, port] = target.split(':') as [string, string]
  const counts = { up: 0, down: 0 }
  const server = createTcp((inward) => {
    const outward = connect(Number(port), host)
    const end = () => {
      inward.destroy()
      outward.destroy()
    }
    const relay = (from: typeof inward, to: typeof inward, direction: 'up' | 'down') =>
      from.on('data', (chunk) => {
        counts[direction] += chunk.length
        const cut = cuts[0]
        if (cut?.direction === direction && counts[direction] > cut.after) {
          cuts.shift()
          to.write(chunk.subarray(0, Math.max(0, cut.after - (counts[direction] - chunk.length))), end)
          counts[direction] = 0
          from.pause()
        } else if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
    relay(inward, outward, 'up')
    relay(outward, inward, 'down')
    for (const socket of [inward, outward]) socket.on('error', end).on('close', end)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What a registry and its connections have to take, with and without tokens. */
function hardTimes(place: () => { readonly host: string; readonly options: RegistryOptions }): void {
  const random = noise(80, 77)
  /** 20 in CI; fewer where somebody waits. */
  const cutCount = inCI ? 20 : 5
  const places = Array.from({ length: cutCount }, (_, i) => ((random[i * 2]! << 8) | random[i * 2 + 1]!) / 65536)
  const patient = { backoffMs: 5, stallMs: 60_000, concurrency: 1 }

  it(`a download goes on after each of ${cutCount} cuts at random places`, async () => {
    const image = await sampleImage({ bytes: 12_000_000, seed: 11 })
    const { host, options } = place()
    await pushImage(`${host}/cut/down`, image, { client: client(options), compression: 'none' })
    const cuts = places.map((at) => ({ direction: 'down' as const, after: Math.floor(at * 1_000_000) + 70_000 }))
    const proxy = await cuttingProxy(host, cuts)
    let got = 0
    const counting: typeof fetch = async (...args) => {
      const response = await fetch(...args)
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          got += chunk.length
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(counted) ?? null, response)
    }
    const source = await openRegistryImage(`${proxy}/cut/down`, client({ ...options, limits: patient, fetch: counting }))
    const stored = await importImage(memoryStore(), await source.image())
    expect(stored.digest).toBe(image.digest)
    expect(cuts.length).toBe(0)
    // resumed, not begun again: what came twice is at most what was on its way at each cut
    expect(got).toBeLessThan(12_000_000 * 1.02 + cutCount * 65_536)
  })

  it(`an upload gets there in spite of a cut at each of ${cutCount} random places`, async () => {
    const { host, options } = place()
    for (const [i, at] of places.entries()) {
      const image = await sampleImage({ bytes: 1_500_000, seed: 100 + i })
      const cuts = [{ direction: 'up' as const, after: Math.floor(at * 1_400_000) }]
      const proxy = await cuttingProxy(host, cuts)
      // streamed by node:http, and in pieces by fetch
      const way = i % 2 === 0 ? {} : { fetch }
      const limits = { ...patient, uploadChunk: 400_000, uploadStream: 400_000 }
      await pushImage(`${proxy}/cut/up:v${i}`, image, { client: client({ ...options, ...way, limits }), compression: 'none' })
      expect(cuts).toEqual([])
      const found = await (await openRegistryImage(`${host}/cut/up:v${i}`, client(options))).image()
      expect(found.digest).toBe(image.digest)
      expect(await validateImage(found)).toEqual([])
    }
  })

  it('takes 8 pushes at once that share a layer', async () => {
    const { host, options } = place()
    const images = await Promise.all(Array.from({ length: 8 }, (_, i) => sampleImage({ bytes: 500_000, seed: 20 + i })))
    const pushed = await Promise.all(images.map((image, i) => pushImage(`${host}/many/app:v${i}`, image, { client: client(options) })))
    for (const [i, { descriptor }] of pushed.entries()) {
      const found = await (await openRegistryImage(`${host}/many/app:v${i}`, client(options))).image()
      expect(found.digest).toBe(descriptor.digest)
      expect(await validateImage(found)).toEqual([])
    }
  })
}

describe.skipIf(!program)('docker-registry', () => {
  let host = ''
  beforeAll(async () => {
    host = await startRegistry('plain')
  })

  it.each(['gzip', 'none'] as const)('an image comes back as it went (%s), in either kind of media types', async (compression) => {
    for (const options of [{}, { mediaTypes: 'docker' } as const]) {
      const image = await sampleImage({ bytes: 2_000_000 })
      const name = `${host}/team/app-${compression}:${'mediaTypes' in options ? 'docker' : 'oci'}`
      const pushed = await pushImage(name, image, { client: client({ limits: { uploadStream: 300_000 } }), compression, ...options })
      const found = await (await openRegistryImage(name, client())).image()
      expect(found.digest).toBe(pushed.descriptor.digest)
      expect(await validateImage(found)).toEqual([])
      expect(found.config).toEqual(image.config)
    }
    expect((await collect(client().repository(`${host}/team/app-${compression}`).tags())).sort()).toEqual(['docker', 'oci'])
    expect(await collect(client().catalog(host))).toContain(`team/app-${compression}`)
  })

  it('mounts across repositories, lists referrers by the tag schema, and deletes', async () => {
    const outcomes: string[] = []
    const telling = client({ onEvent: (event) => void (event.type === 'blob.finished' && outcomes.push(event.outcome)) })
    const image = await sampleImage({ seed: 3 })
    const { descriptor } = await pushImage(`${host}/one`, image, { client: telling })
    await pushImage(`${host}/two`, image, { client: telling, mountFrom: ['one'] })
    expect(outcomes).toEqual([...Array(3).fill('uploaded'), ...Array(3).fill('mounted')])
    const repository = telling.repository(`${host}/one`)
    const subject = { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size }
    const document = { ...image.manifest, config: image.manifest.config, layers: [], subject, artifactType: 'application/x-test' }
    const bytes = new TextEncoder().encode(JSON.stringify(document))
    const put = await repository.manifests.put(bytes, descriptor.mediaType, 'attached')
    expect(await repository.referrers(descriptor.digest)).toMatchObject([{ digest: put.digest, artifactType: 'application/x-test' }])
    await repository.manifests.delete(put.digest)
    expect(await repository.manifests.head('attached')).toBeUndefined()
  })

  hardTimes(() => ({ host, options: {} }))

  describe.skipIf(!skopeo)('with skopeo', () => {
    it.each([
      ['oci', []],
      ['v2s2', ['--format', 'v2s2']],
      ['zstd', ['--dest-compress-format', 'zstd']],
    ] as const)('copies what we push, and we read its copy (%s)', async (kind, flags) => {
      const image = await sampleImage({ seed: 30 })
      await pushImage(`${host}/skopeo/${kind}:ours`, image, { client: client() })
      const args = ['copy', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', ...flags]
      await run(skopeo!, [...args, `docker://${host}/skopeo/${kind}:ours`, `docker://${host}/skopeo/${kind}:theirs`])
      await run(skopeo!, [
        'copy',
        '--insecure-policy',
        '--src-tls-verify=false',
        `docker://${host}/skopeo/${kind}:ours`,
        `oci:${join(base, kind)}:x`,
      ])
      await run(skopeo!, [
        'copy',
        '--insecure-policy',
        '--dest-tls-verify=false',
        `oci:${join(base, kind)}:x`,
        `docker://${host}/skopeo/${kind}:back`,
      ])
      for (const tag of ['theirs', 'back']) {
        const found = await (await openRegistryImage(`${host}/skopeo/${kind}:${tag}`, client())).image()
        expect(await validateImage(found)).toEqual([])
        expect(found.config.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
      }
    })
  })
})

describe.skipIf(!program || !openssl)('docker-registry with a token server', () => {
  const password = 'token-server-password'
  let host = ''
  const asked: { authorization: string | undefined; scopes: string[] }[] = []

  beforeAll(async () => {
    const key = join(base, 'key.pem')
    const certificate = join(base, 'cert.pem')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await run(openssl!, ['req', '-x509', '-key', key, '-out', certificate, '-days', '1', '-subj', '/CN=tests'])
    const { stdout } = await run(openssl!, ['x509', '-in', certificate, '-outform', 'der'], { encoding: 'buffer' })
    const x5c = [stdout.toString('base64')]
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const tokens: Server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const scopes = searchParams.getAll('scope')
      asked.push({ authorization: request.headers.authorization, scopes })
      if (request.headers.authorization !== `Basic ${Buffer.from(`me:${password}`).toString('base64')}`)
        return response.writeHead(401).end()
      const access = scopes.map((scope) => {
        const [type, name, actions] = scope.split(':')
        return { type, name, actions: actions!.split(',') }
      })
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: 'tests', sub: 'me', aud: 'tests', exp: now + 300, nbf: now - 10, iat: now, jti: randomUUID(), access }
      const signed = `${encode({ typ: 'JWT', alg: 'RS256', x5c })}.${encode(claims)}`
      const token = `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }))
    })
    servers.push(tokens)
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve))
    const { port } = tokens.address() as AddressInfo
    host = await startRegistry(
      'token',
      `auth:\n  token:\n    realm: http://127.0.0.1:${port}/token\n    service: tests\n    issuer: tests\n    rootcertbundle: ${certificate}\n`,
    )
  })

  hardTimes(() => ({ host, options: { credentials: () => ({ username: 'me', password }) } }))

  it('pushes, mounts, pulls and deletes with tokens of its own scopes, and without a password gets nowhere', async () => {
    const mine = client({ credentials: () => ({ username: 'me', password }) })
    const image = await sampleImage({ seed: 40 })
    const outcomes: string[] = []
    const telling = client({
      credentials: () => ({ username: 'me', password }),
      onEvent: (event) => void (event.type === 'blob.finished' && outcomes.push(event.outcome)),
    })
    await pushImage(`${host}/a/app`, image, { client: mine })
    await pushImage(`${host}/b/app`, image, { client: telling, mountFrom: ['a/app'] })
    expect(outcomes).toEqual(Array(3).fill('mounted'))
    expect(asked.some(({ scopes }) => scopes.join(' ') === 'repository:a/app:pull repository:b/app:pull,push')).toBe(true)
    const source = await openRegistryImage(`${host}/b/app`, mine)
    expect(await validateImage(await source.image())).toEqual([])
    await expect(openRegistryImage(`${host}/b/app`, client())).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await mine.repository(`${host}/b/app`).manifests.delete((await source.image()).digest)
    await expect(openRegistryImage(`${host}/b/app`, mine)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
