/** What the cache costs a build: finding everything, looking ahead, and writing down what a command looks at. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, memoryContext, plan } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { type MeasureOptions, measureCosts, type Work } from '../../measure.js'
import type { BenchRow } from '../../report.js'
import { bareWalk } from '../build/baselines.js'
import { build, hostContextOf, openStore } from '../build/engine.js'
import { workloads } from '../build/workloads.js'
import { ResultsDifferError } from '../errors.js'

export interface CacheBenchOptions extends MeasureOptions {
  /** Part of the real size; 1 by default. */
  readonly scale?: number
}

/** @throws ResultsDifferError */
export async function benchCache(options: CacheBenchOptions = {}): Promise<BenchRow[]> {
  // The one that holds little comes first: a heap that has grown with 30,000 files makes garbage of either side cost more.
  const tracing = await benchTracing(options)
  return [...(await benchHits(options)), ...tracing]
}

/** In processor time: what else the machine does is no part of it. */
const measureCpu = (ours: Work, other: Work, options: MeasureOptions) => measureCosts(cpuOf(ours), cpuOf(other), options)

const cpuOf = (work: Work) => async () => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function benchHits({ scale = 1, ...options }: CacheBenchOptions): Promise<BenchRow[]> {
  const base = mkdtempSync(join(tmpdir(), 'layerwright-cache-bench-'))
  const context = join(base, 'context')
  const workload = workloads.find(({ name }) => name === 'no-run')!
  workload.write(context, scale)
  const store = await openStore(join(base, 'store'))
  const given = (): BuildOptions => ({ context: hostContextOf(context), store })
  try {
    await build(given())
    const detail = `cpu; ${bareWalk(context)} entries`
    const hit = await measureCpu(
      async () => {
        if ((await build(given())).steps.some(({ outcome }) => outcome !== 'cached')) throw new ResultsDifferError('a step was not found')
      },
      () => bareWalk(context),
      options,
    )
    const ahead = await measureCpu(
      async () => {
        if ((await plan(given())).steps.some(({ outcome }) => outcome !== 'cached')) throw new ResultsDifferError('a step was not foreseen')
      },
      () => bareWalk(context),
      options,
    )
    return [
      { name: 'a build that finds everything', against: 'a bare walk of its context', measured: hit, goal: 1.8, detail },
      { name: 'plan of it', against: 'a bare walk of its context', measured: ahead, detail },
    ]
  } finally {
    store.close()
    rmSync(base, { recursive: true, force: true })
  }
}

/** A script as installers are: looks for many files, reads and writes some, lists folders, decides by what it saw. */
const SCRIPT = `for i in $(seq 1 400); do
  if [ -f src/f$i ]; then cat src/f$i >> all; fi
  [ -e missing/$i ] || mkdir -p out/d$((i % 20))
  echo "$i" > out/d$((i % 20))/$i
done
ls -l src > listing
grep -rl 1 src | sort > found
find out -type f | wc -l > count
cp -r out copied`

async function benchTracing({ scale = 1, ...options }: CacheBenchOptions): Promise<BenchRow[]> {
  const files: Record<string, string | { content: string; mode: number }> = {}
  for (const name of ['sh', 'cat', 'mkdir', 'ls', 'grep', 'sort', 'find', 'wc', 'cp', 'seq'])
    files[`rootfs/bin/${name}`] = { content: '\x7fELF stub', mode: 0o755 }
  const count = Math.max(1, Math.round(400 * scale))
  for (let i = 1; i <= count; i++) files[`app/src/f${i}`] = `line ${i}\n`.repeat(20)
  const lines = SCRIPT.replaceAll('400', String(count))
  const context = memoryContext({
    ...files,
    Dockerfile: `FROM scratch\nCOPY rootfs/ /\nWORKDIR /app\nCOPY app/ .\nRUN <<END\n${lines}\nEND\n`,
  })
  const store = memoryStore()
  const run = (strength: 'content' | 'traced') => async () => {
    const { steps } = await build({ context, store, executor: simulatedShell(), cache: { strength, refresh: ['0.4'] } })
    const last = steps.at(-1)!
    if (last.outcome !== 'ran' || last.reason.includes('cannot be traced'))
      throw new ResultsDifferError(`the command was not traced: ${last.reason}`)
  }
  // Compiling goes on for a dozen rounds of either, in other threads and at its own times: within them the figure is anything between 1.0 and 1.7.
  const measured = await measureCpu(run('traced'), run('content'), { ...options, warmUp: 15 })
  return [
    {
      name: 'a traced RUN in the simulated shell',
      against: 'the same, untraced',
      measured,
      goal: 1.3,
      detail: `a script of ${count} rounds`,
    },
  ]
}
