/**
 * Measures one workload in a process of its own, so that its peak memory is its own: `node phases.js WORKLOAD DIR SCALE [cold]`, with `cold` the first build and a `tar c`, no more. Prints one
 * line of JSON.
 */
import { appendFileSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WorkloadFailedError } from '../errors.js'
import { bareHash, bareReaddir, bareWalk, copyAndHash, tarC } from './baselines.js'
import { build, hostContextOf, openStore, writeOciArchive } from './engine.js'
import { touch, workloads } from './workloads.js'

/** Milliseconds of wall clock and of cpu of one round. */
export interface Sample {
  readonly ms: number
  readonly cpuMs: number
}

export interface PhaseResults {
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  /** Highest resident memory of this process, up to the end of the cold build and of all. */
  readonly coldPeakMiB: number
  readonly peakMiB: number
}

async function main([name, dir = '', scaleText = '1', only]: string[]): Promise<PhaseResults> {
  const workload = workloads.find((one) => one.name === name)
  if (!workload) throw new WorkloadFailedError(String(name), 'there is no workload of that name')
  const context = join(dir, 'context')
  workload.write(context, Number(scaleText))
  const samples: Record<string, Sample[]> = {}
  const take = async (phase: string, work: () => unknown) => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    const result = await work()
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    samples[phase] = [...(samples[phase] ?? []), { ms, cpuMs: childCpu(result) ?? (user + system) / 1000 }]
  }
  const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)
  const storeDir = join(dir, 'store')
  const fresh = async () => {
    rmSync(storeDir, { recursive: true, force: true })
    return openStore(storeDir)
  }
  const run = async (store: Awaited<ReturnType<typeof openStore>>, from = context) => build({ context: hostContextOf(from), store })

  // The first build of a process is a cold one as users meet it: its code is not compiled yet.
  let store = await fresh()
  await take('cold', () => run(store))
  const coldPeakMiB = peak()
  if (only === 'cold') {
    await take('tar c', () => tarC(context, dir))
    return { samples, coldPeakMiB, peakMiB: coldPeakMiB }
  }
  for (let round = 0; round < 7; round++) {
    await take('warm', () => run(store))
    await take('bare walk', () => bareWalk(context))
    await take('bare readdir', () => bareReaddir(context))
  }
  await take('read + sha256', () => bareHash(context))
  for (let round = 0; name === 'big-blob' && round < 3; round++)
    await take('cp + sha256', () => copyAndHash(join(context, 'big'), join(dir, 'copied')))
  rmSync(join(dir, 'copied'), { force: true })

  for (let round = 0; round < 3; round++) {
    appendFileSync(join(context, workload.edited), round === 0 ? '\n# edited' : '!')
    await take('edit1', () => run(store))
    touch(context)
    await take('touch', () => run(store))
  }
  for (let round = 0; name !== 'big-blob' && round < 3; round++) {
    const checkout = join(dir, 'checkout')
    cpSync(context, checkout, { recursive: true })
    await take('clean checkout', () => run(store, checkout))
    await take('read + sha256', () => bareHash(checkout))
    rmSync(checkout, { recursive: true })
  }
  const { image } = await run(store)
  await take('export raw', () => writeOciArchive(join(dir, 'raw.tar'), [image]))
  if (name !== 'big-blob') await take('export gzip', () => writeOciArchive(join(dir, 'gzip.tar'), [image], { compression: 'gzip' }))
  await take('tar c', () => tarC(context, dir))
  store.close()
  store = await fresh()
  await take('cold again', () => run(store))
  store.close()
  return { samples, coldPeakMiB, peakMiB: peak() }
}

/** What a program that was started took, where its runner knows. */
const childCpu = (result: unknown): number | undefined =>
  typeof result === 'object' && result !== null && 'cpuMs' in result ? Number(result.cpuMs) : undefined

console.log(JSON.stringify(await main(process.argv.slice(2))))
