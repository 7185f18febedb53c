/** The transport over node:http: faults at every request of a push and a pull, over a real connection. */
import { importImage } from '@layerwright/image/node'
import { openRegistryImage, pushImage, RegistryError } from '@layerwright/registry'
import { nodeTransport, openRegistry } from '@layerwright/registry/node'
import { type Fault, memoryRegistry, type ServedRegistry, serveRegistry } from '@layerwright/registry/testing'
import { memoryStore } from '@layerwright/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noise, sampleImage } from './support.js'

const registry = memoryRegistry({ host: '127.0.0.1' })
const image = await sampleImage({ bytes: 60_000 })
let served: ServedRegistry
beforeAll(async () => {
  served = await serveRegistry(registry)
})
afterAll(() => served.close())

/** Only what a stalled connection is tried with waits for a short time: on a machine with much to do, others take longer than that. */
const stallOf = (fault?: Fault): number => (fault?.kind === 'stall' ? 300 : 60_000)
const client = (fault?: Fault) =>
  openRegistry({
    credentials: () => undefined,
    sleep: async () => {},
    limits: { stallMs: stallOf(fault), uploadStream: 20_000, concurrency: 1 },
  })
const push = (fault?: Fault) =>
  pushImage(`${served.host}/app:1`, image, { client: client(fault), compression: 'none' }).then(({ descriptor }) => descriptor.digest)
const pull = async (fault?: Fault) => {
  const source = await openRegistryImage(`${served.host}/app:1`, client(fault))
  return (await importImage(memoryStore(), await source.image())).digest
}

const faults: Readonly<Record<string, Fault>> = {
  drop: { kind: 'drop' },
  'answer lost': { kind: 'dropAnswer' },
  'cut at 0': { kind: 'cut', after: 0 },
  'cut at 700': { kind: 'cut', after: 700 },
  'slow body': { kind: 'stall', after: 100 },
  'a bit flipped': { kind: 'corrupt' },
  '401': { kind: 'status', status: 401 },
  '404': { kind: 'status', status: 404 },
  '416': { kind: 'status', status: 416 },
  '429': { kind: 'status', status: 429 },
  '503': { kind: 'status', status: 503 },
}
const PASSING = new Set(['drop', 'answer lost', 'cut at 0', 'cut at 700', 'slow body', '429', '503'])

describe.each(Object.entries(faults))('%s', (name, fault) => {
  it.each([
    ['pushing', push],
    ['pulling', pull],
  ] as const)('at each request while %s', async (_, work) => {
    for (let at = 0; ; at++) {
      registry.setFault(undefined)
      registry.repository('app').blobs.clear()
      registry.repository('app').tags.clear()
      if (work === pull) await push()
      const start = registry.requests.length
      let reached = false
      registry.setFault(({ number }) => {
        const hit = number === start + at
        reached ||= hit
        return hit ? fault : undefined
      })
      const result = await work(fault).catch((error: { code?: string }) => {
        if (error instanceof RegistryError || typeof error.code === 'string') return error.code
        throw error
      })
      if (PASSING.has(name) || !reached) expect(result).toBe(image.digest)
      else if (result !== image.digest) expect(result).toMatch(/^[A-Z_]+$/)
      if (!reached) return
    }
  })
})

describe('a stream', () => {
  it('whose content fails ends the upload with the content’s own error, and one of another size is told', async () => {
    registry.setFault(undefined)
    const blobs = client().repository(`${served.host}/streams`).blobs
    const wanted = { digest: `sha256:${'1'.repeat(64)}`, size: 50_000 } as const
    const failing = {
      size: 50_000,
      async *stream() {
        yield noise(20_000)
        throw new RangeError('the disk is gone')
      },
    }
    await expect(blobs.upload(wanted, failing)).rejects.toThrow('the disk is gone')
    const short = {
      size: 50_000,
      async *stream() {
        yield noise(9000)
      },
    }
    await expect(blobs.upload(wanted, short)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(registry.repository('streams').uploads.size).toBe(0)
    expect(registry.repository('streams').blobs.size).toBe(0)
  })

  it('is told when its work is stopped', async () => {
    expect(nodeTransport().streams).toBe(true)
    const controller = new AbortController()
    controller.abort(new Error('stopped'))
    const stopped = openRegistry({ credentials: () => undefined, signal: controller.signal })
    await expect(stopped.check(served.host)).rejects.toThrow('stopped')
  })
})
