/**
 * Every fault at every request of a push and of a pull. Each ends in the whole, right image or in an error of ours; the password and the tokens are seen by nobody but the
 * registry and its token server; and a name never points to anything but an image that was pushed under it.
 */
import { ImageError } from '@layerwright/image'
import { importImage, validateImage } from '@layerwright/image/node'
import { CompressionError, DiffIdMismatchError, LayerError, TarError } from '@layerwright/layer'
import { openRegistry, openRegistryImage, pushImage, RegistryError } from '@layerwright/registry'
import { type Fault, type MemoryRegistry, memoryRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { inCI } from '../../../test/support/tools.js'
import { impatient, PASSWORD, sampleImage, tokenAuth, withPassword } from './support.js'

const BLOBS = 'https://cdn.test'
const AUTH = 'auth.registry.test'

const faults: Readonly<Record<string, Fault>> = {
  drop: { kind: 'drop' },
  'answer lost': { kind: 'dropAnswer' },
  'cut at 0': { kind: 'cut', after: 0 },
  'cut at 700': { kind: 'cut', after: 700 },
  'slow body': { kind: 'stall', after: 100 },
  'a bit flipped': { kind: 'corrupt' },
  'shorter body': { kind: 'resize', by: -7 },
  'longer body': { kind: 'resize', by: 9 },
  'hostile realm': { kind: 'challenge', realm: 'https://evil.example/token' },
  'metadata realm': { kind: 'challenge', realm: 'http://169.254.169.254/latest' },
  'redirect to another host': { kind: 'redirect', to: 'https://evil.example/x' },
  'redirect to plain http': { kind: 'redirect', to: 'http://registry.test/x' },
  'location at another host': { kind: 'location', to: 'https://evil.example/upload' },
  'wrong digest header': { kind: 'header', name: 'docker-content-digest', value: `sha256:${'0'.repeat(64)}` },
  'no content type': { kind: 'header', name: 'content-type', value: undefined },
  'type of an index': { kind: 'header', name: 'content-type', value: 'application/vnd.oci.image.index.v1+json' },
  '400': { kind: 'status', status: 400 },
  '401': { kind: 'status', status: 401 },
  '403': { kind: 'status', status: 403 },
  '404': { kind: 'status', status: 404 },
  '408': { kind: 'status', status: 408 },
  '416': { kind: 'status', status: 416 },
  '429': { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  '500': { kind: 'status', status: 500 },
  '503': { kind: 'status', status: 503 },
}
/** These mend themselves when they happen once, at whichever request. */
const PASSING = new Set(['drop', 'answer lost', 'cut at 0', 'cut at 700', 'slow body', '408', '429', '500', '503'])

const image = await sampleImage({ bytes: 4000 })
const newer = await sampleImage({ bytes: 4000, seed: 9 })

const fresh = () => memoryRegistry({ auth: tokenAuth, blobOrigin: BLOBS })
interface Patience {
  readonly attempts?: number
  /** Short only where a connection stalls: on a machine with much to do, others take longer than that. */
  readonly stallMs?: number
}
const clientOf = (registry: MemoryRegistry, { attempts = 5, stallMs = 60_000 }: Patience = {}) =>
  openRegistry(impatient(registry, { ...withPassword, limits: { stallMs, uploadChunk: 1500, concurrency: 1, attempts } }))

async function pull(registry: MemoryRegistry, patience?: Patience): Promise<string> {
  const source = await openRegistryImage('registry.test/app:1', clientOf(registry, patience))
  return (await importImage(memoryStore(), await source.image())).digest
}

const push = (registry: MemoryRegistry, patience?: Patience, which = newer) =>
  pushImage('registry.test/app:1', which, { client: clientOf(registry, patience), compression: 'none' }).then(
    ({ descriptor }) => descriptor.digest as string,
  )

/** What came of it: the digest, or the error, which must be one of ours. */
async function outcome(work: Promise<string>): Promise<string> {
  try {
    return await work
  } catch (error) {
    const ours = [RegistryError, ImageError, DiffIdMismatchError, TarError, LayerError, CompressionError].some(
      (kind) => error instanceof kind,
    )
    if (!ours) throw error
    return (error as RegistryError).code
  }
}

function checkSecrets(registry: MemoryRegistry): void {
  const basic = Buffer.from(`me:${PASSWORD}`).toString('base64')
  for (const { host, url, authorization, headers } of registry.requests) {
    const everything = JSON.stringify([url, [...headers]])
    expect(everything).not.toContain(PASSWORD)
    if (host !== AUTH) expect(everything).not.toContain(basic)
    if (host !== AUTH && host !== 'registry.test') expect([host, authorization]).toEqual([host, null])
    expect(host).not.toBe('169.254.169.254')
  }
}

/** As often as the work asks something, the fault at that request; once, or from then on. `step`: at each `step`th request only. */
async function matrix(
  fault: Fault,
  forever: boolean,
  prepare: () => Promise<MemoryRegistry>,
  work: (registry: MemoryRegistry, patience?: Patience) => Promise<string>,
  attempts = 5,
  step = 1,
) {
  const results: string[] = []
  const patience = { attempts, ...(fault.kind === 'stall' ? { stallMs: 40 } : {}) }
  for (let at = 0; ; at += step) {
    const registry = await prepare()
    const start = registry.requests.length
    let reached = false
    registry.setFault(({ number }) => {
      const hit = forever ? number >= start + at : number === start + at
      reached ||= hit
      return hit ? fault : undefined
    })
    const result = await outcome(work(registry, patience))
    results.push(result)
    checkSecrets(registry)
    registry.setFault(undefined)
    // what the name points to is an image that was pushed, and it is whole
    const app = registry.repository('app')
    const digest = app.tags.get('1')
    // a registry that keeps something else than it was sent, again and again, can only be told on
    const toldOn = fault.kind === 'corrupt' && forever && result === 'DIGEST_MISMATCH'
    if (digest !== undefined && !toldOn) {
      expect([image.digest, newer.digest]).toContain(digest)
      const source = await openRegistryImage('registry.test/app:1', clientOf(registry))
      expect(await validateImage(await source.image())).toEqual([])
    }
    if (!reached) return results
  }
}

describe.each(Object.entries(faults))('%s', (name, fault) => {
  let requests = 0
  beforeAll(async () => {
    const registry = fresh()
    await push(registry)
    requests = registry.requests.length
  })

  const withOlder = async () => {
    const registry = fresh()
    await push(registry, {}, image)
    return registry
  }

  it('while pulling, once', async () => {
    const results = await matrix(fault, false, withOlder, pull)
    expect(results.length).toBeGreaterThan(8)
    for (const result of results) if (result !== image.digest) expect(result).toMatch(/^[A-Z_]+$/)
    if (PASSING.has(name)) expect(new Set(results)).toEqual(new Set([image.digest]))
  })

  it('while pushing, once', async () => {
    const results = await matrix(fault, false, withOlder, push)
    expect(results.length).toBeGreaterThan(requests / 2)
    for (const result of results) if (result !== newer.digest) expect(result).toMatch(/^[A-Z_]+$/)
    if (PASSING.has(name)) expect(new Set(results)).toEqual(new Set([newer.digest]))
  })

  // Where somebody waits, from every fourth request on.
  it('from some request on, for ever', async () => {
    const attempts = fault.kind === 'stall' ? 2 : 5
    for (const [work, right] of [
      [pull, image.digest],
      [push, newer.digest],
    ] as const) {
      const results = await matrix(fault, true, withOlder, work, attempts, inCI ? 1 : 4)
      for (const result of results) if (result !== right) expect(result).toMatch(/^[A-Z_]+$/)
    }
  })
})
