/**
 * One measured operation in a process of its own, so that its peak memory is its own: `child.js OPERATION DIR ARGUMENT…`. Prints one line of JSON.
 * What is measured begins when the program is loaded and ends when everything is written; the store is opened in it.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findImage, type StoredImage, tagImage } from '@layerwright/image'
import { importImage, writeDockerArchive, writeLayout, writeOciArchive } from '@layerwright/image/node'
import { openRegistryImage } from '@layerwright/registry'
import { openRegistry, pushImage } from '@layerwright/registry/node'
import { openStore } from '@layerwright/store/node'
import { build, hostContextOf } from '../build/engine.js'
import { workloads } from '../build/workloads.js'
import { WorkloadFailedError } from '../errors.js'

/** What an operation cost. */
export interface Cost {
  readonly ms: number
  readonly cpuMs: number
  readonly peakMiB: number
}

const NAME = 'bench'

async function withImage<T>(
  dir: string,
  work: (image: StoredImage, store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore(join(dir, 'store'))
  try {
    const image = await findImage(store, NAME)
    if (!image) throw new WorkloadFailedError(dir, 'there is no image: prepare comes first')
    return await work(image, store)
  } finally {
    store.close()
  }
}

const operations: Readonly<Record<string, (dir: string, ...args: string[]) => Promise<unknown>>> = {
  /** Builds a workload, and writes the image raw for the other programs. */
  async prepare(dir, name = '', scale = '1') {
    const workload = workloads.find((one) => one.name === name)
    if (!workload) throw new WorkloadFailedError(name, 'there is no workload of that name')
    const context = join(dir, 'context')
    workload.write(context, Number(scale))
    const store = await openStore(join(dir, 'store'))
    const { image } = await build({ context: hostContextOf(context), store })
    await tagImage(store, NAME, image)
    store.close()
    rmSync(context, { recursive: true })
    await writeLayout(join(dir, 'raw'), [image], { refs: [NAME] })
    await writeDockerArchive(join(dir, 'docker.tar'), [image], { tags: [NAME] })
  },
  /** Compressed layers are kept in the store: the second export finds them. */
  exportGzip: (dir, file = '') =>
    withImage(dir, (image, store) => writeOciArchive(file, [image], { compression: 'gzip', store, refs: [NAME] })),
  exportLayout: (dir, folder = '') =>
    withImage(dir, (image, store) => writeLayout(folder, [image], { compression: 'gzip', store, refs: [NAME] })),
  push: (dir, reference = '', compression = 'gzip') =>
    withImage(dir, (image, store) =>
      pushImage(reference, image, { client: openRegistry(), store, compression: compression === 'none' ? 'none' : 'gzip' }),
    ),
  /** Into a store of its own: verified, unpacked, indexed, ready to be built upon. */
  async pull(dir, reference = '') {
    const place = join(dir, 'pulled')
    rmSync(place, { recursive: true, force: true })
    const store = await openStore(place)
    const source = await openRegistryImage(reference, openRegistry())
    await tagImage(store, NAME, await importImage(store, await source.image(), { concurrency: 4 }))
    store.close()
  },
  async nothing() {},
}

/** Linux hands the count of `resourceUsage` on from the process that started this one; its own status begins anew. */
function peakMiB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

const [operation = '', dir = '', ...args] = process.argv.slice(2)
const before = process.cpuUsage()
const start = performance.now()
await operations[operation]?.(dir, ...args)
const ms = performance.now() - start
const { user, system } = process.cpuUsage(before)
const cost: Cost = { ms, cpuMs: (user + system) / 1000, peakMiB: peakMiB() }
console.log(JSON.stringify(cost))
