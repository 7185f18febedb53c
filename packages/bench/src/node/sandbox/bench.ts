import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildContext, build, memoryContext } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { type BackendName, detectLinux, linuxExecutor } from '@layerwright/executor/linux'
import { applyLayer, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { openStore } from '@layerwright/store/node'
import { createOverlay, emptySnapshot, memoryContent } from '@layerwright/vfs'
import { measureCosts, measurePair, timing } from '../../measure.js'
import type { BenchReport, BenchRow } from '../../report.js'
import { workloads } from '../build/workloads.js'
import { SandboxMissingError } from '../errors.js'
import { bareRun, bareRuns, makeBundle, scriptedRun } from './bare.js'
import { childrenMs } from './children.js'
import { type NodeApp, nodeAppRows } from './node-app.js'
import { tracedRows } from './traced.js'

/** One command beside the runtime; a long chain; stages side by side; commands that are traced; a real application. */
export const sandboxParts = ['command', 'chain', 'wide', 'traced', 'node-app'] as const
export type SandboxPart = (typeof sandboxParts)[number]

export interface SandboxBenchOptions {
  /** Default: all; of `traced` there are no rows then where `strace` is missing. */
  readonly parts?: readonly SandboxPart[]
  /** Measures the real application; without it that part has no rows. */
  readonly nodeApp?: NodeApp | undefined
  /** 1 for the sizes that the goals are for. */
  readonly scale?: number
  /** Where files are made and commands run. Default: the folder for temporary files. */
  readonly dir?: string
  /** Rounds of `RUN true`. Default 15. */
  readonly rounds?: number
}

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox']

/**
 * What RUN costs in a real sandbox: one command with each runtime beside the runtime alone, long chains on large bases, stages side by side, and a real
 * application beside other builders.
 * @throws SandboxMissingError where there is none, with what is missing
 */
export async function benchSandbox(options: SandboxBenchOptions = {}): Promise<BenchReport> {
  const { scale = 1, rounds = 15, parts = sandboxParts, nodeApp } = options
  const wanted = (part: SandboxPart) => parts.includes(part)
  const dir = mkdtempSync(join(options.dir ?? tmpdir(), 'layerwright-bench-'))
  try {
    const busybox = BUSYBOX.find((path) => existsSync(path))
    const { available, problems, backends } = await detectLinux(join(dir, 'sandbox'))
    if (!available || !busybox)
      throw new SandboxMissingError([...problems.map(({ what }) => what), ...(busybox ? [] : ['busybox is not installed'])])
    const rows: BenchRow[] = []
    for (const backend of wanted('command') ? backends : []) rows.push(...(await oneCommand(backend, dir, busybox, rounds)))
    if (wanted('chain')) rows.push(await chain(dir, busybox, scale, scale < 1 ? 1 : 2))
    if (wanted('wide')) rows.push(...(await wide(backends[0]!, dir, busybox, scale < 1 ? 1 : 5)))
    if (wanted('traced') && (options.parts || linuxExecutor({ folder: join(dir, 'sandbox') }).traces))
      rows.push(...(await tracedRows(backends[0]!, dir, busybox, scale, scale < 1 ? 1 : 5)))
    if (wanted('node-app') && nodeApp) rows.push(...nodeAppRows(await nodeApp(dir, scale < 1 ? 1 : 3)))
    return { bench: 'sandbox', runtime: `node ${process.version}`, rows }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** `RUN true`: the executor with everything around a command, beside the runtime on a folder. */
async function oneCommand(backend: BackendName, dir: string, busybox: string, rounds: number): Promise<BenchRow[]> {
  const bundle = join(dir, `bundle-${backend}`)
  mkdirSync(bundle)
  makeBundle(bundle, busybox)
  const fs = createOverlay(emptySnapshot())
  for (const path of ['/bin', '/etc', '/proc', '/sys', '/dev']) fs.mkdir(path)
  fs.writeFile('/bin/busybox', memoryContent(new Uint8Array(readFileSync(busybox))), { mode: 0o755 })
  for (const name of ['sh', 'true']) fs.symlink('busybox', `/bin/${name}`)
  const layer = await storeLayer(memoryStore(), fs.changes())
  const lower = { snapshot: applyLayer(emptySnapshot(), layer), layers: [layer] }
  const executor = linuxExecutor({ backend, folder: join(dir, 'sandbox') })
  const ours = async () => {
    const overlay = createOverlay(lower.snapshot)
    const { exitCode, release } = await executor.run({
      ...{ overlay, filesystem: overlay, lower, argv: ['/bin/sh', '-c', 'true'], cwd: '/' },
      env: new Map([['PATH', '/bin']]),
    })
    release?.()
    if (exitCode !== 0) throw new SandboxMissingError([`${backend} ends with ${exitCode}`])
  }
  const bare = () => bareRun(backend, bundle)
  const against = `${backend} on a folder`
  const measured = await measurePair(ours, bare, { rounds, warmUp: 3 })
  const cpuRounds = { rounds: Math.ceil(rounds / 3), warmUp: 0 }
  const cpu = await measureCosts(cpuOf(ours), cpuOf(bare), cpuRounds)
  const scripted = await measureCosts(
    cpuOf(ours),
    cpuOf(() => scriptedRun(backend, bundle)),
    cpuRounds,
  )
  return [
    { name: `RUN true with ${backend}`, against, measured, goal: 1.3 },
    { name: `RUN true with ${backend}: cpu`, against, measured: cpu, goal: 1.3, detail: 'with all processes' },
    {
      name: `RUN true with ${backend}: cpu`,
      against: `${backend} on an overlay, by a script`,
      measured: scripted,
      detail: 'in namespaces that end with it; what was changed is not read',
    },
  ]
}

/** Counted by the kernel in hundredths of a second: several runs are one measurement. */
const BATCH = 10

/** Processor time of a work, its children's with it, in milliseconds. */
function cpuOf(work: () => unknown): () => Promise<number> {
  return async () => {
    const before = childrenMs()
    const own = process.cpuUsage()
    for (let i = 0; i < BATCH; i++) await work()
    const { user, system } = process.cpuUsage(own)
    return ((user + system) / 1000 + childrenMs() - before) / BATCH
  }
}

const INSTALL = 'COPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
/** Steps of the chain: 50 in full, a few in a test. */
const stepsAt = (scale: number) => Math.max(4, Math.round(50 * Math.min(1, scale)))

/** Milliseconds of each RUN of a chain but the first, on the files of a workload. */
async function chainOn(name: string, dir: string, busybox: string, scale: number, steps: number): Promise<number[]> {
  const place = join(dir, name)
  const context = join(place, 'context')
  workloads.find((one) => one.name === 'no-run')!.write(context, scale)
  const lines = Array.from({ length: steps }, (_, i) => `RUN echo ${i} > /step-${i}`)
  const dockerfileText = `FROM scratch\n${INSTALL}COPY . /app\n${lines.join('\n')}\n`
  const store = await openStore(join(place, 'store'))
  const contexts = new Map([['tools', { kind: 'files', context: tools(busybox) }]] as const)
  const result = await build({
    context: hostContext(context),
    contexts,
    dockerfileText: dockerfileText.replace('COPY busybox', 'COPY --from=tools busybox'),
    store,
    executor: linuxExecutor({ folder: join(dir, 'sandbox') }),
  })
  store.close()
  rmSync(place, { recursive: true, force: true })
  // The first on the large base extracts it.
  return result.steps
    .filter(({ instruction }) => /^RUN echo/.test(instruction))
    .slice(1)
    .map(({ durationMs }) => durationMs)
}

const tools = (busybox: string): BuildContext => memoryContext({ busybox: { content: new Uint8Array(readFileSync(busybox)), mode: 0o755 } })

async function chain(dir: string, busybox: string, scale: number, rounds: number): Promise<BenchRow> {
  const steps = stepsAt(scale)
  const small: number[] = []
  const large: number[] = []
  for (let round = 0; round < rounds; round++) {
    small.push(...(await chainOn('small', dir, busybox, scale / 100, steps)))
    large.push(...(await chainOn('large', dir, busybox, scale, steps)))
  }
  const [ours, other] = [timing(large), timing(small)]
  const measured = { ours, other, ratio: ours.medianMs / other.medianMs }
  return {
    name: `one of ${steps} RUN on ${30_000 * scale} files`,
    against: 'the same on a hundredth',
    measured,
    goal: 1.2,
    detail: 'after the first',
  }
}

const STAGES = 12
const UNNEEDED = 6
/** From the first start to the last end, milliseconds; each stage sleeps for a second. */
const WIDE_MS = 1500

async function wide(backend: BackendName, dir: string, busybox: string, rounds: number): Promise<BenchRow[]> {
  const bundle = join(dir, 'bundle-wide')
  mkdirSync(bundle)
  makeBundle(bundle, busybox, 'sleep 1')
  const alone: number[] = []
  const stage = (name: string) => `FROM base AS ${name}\nRUN sleep 1; echo ${name} > /${name}\n`
  const names = Array.from({ length: STAGES }, (_, i) => `s${i}`)
  const dockerfileText = [
    `FROM scratch AS base\n${INSTALL}`,
    ...names.map(stage),
    ...Array.from({ length: UNNEEDED }, (_, i) => stage(`unneeded${i}`)),
    'FROM scratch',
    ...names.map((name) => `COPY --from=${name} /${name} /`),
  ].join('\n')
  const spans: number[] = []
  let started = 0
  for (let round = 0; round < rounds; round++) {
    const { steps } = await build({
      context: tools(busybox),
      dockerfileText,
      store: memoryStore(),
      executor: linuxExecutor({ folder: join(dir, 'sandbox') }),
    })
    const runs = steps.filter(({ instruction, outcome }) => /^RUN sleep/.test(instruction) && outcome === 'ran')
    started = Math.max(started, runs.filter(({ stage: name }) => /^unneeded/.test(name)).length)
    const start = performance.now()
    await bareRuns(backend, bundle, STAGES)
    alone.push(performance.now() - start)
    spans.push(
      Math.max(...runs.map(({ startedMs, durationMs }) => startedMs + durationMs)) - Math.min(...runs.map(({ startedMs }) => startedMs)),
    )
  }
  const ours = timing(spans)
  const bare = timing(alone)
  const other = { medianMs: WIDE_MS, bestMs: WIDE_MS }
  const measured = { ours, other, ratio: ours.medianMs / WIDE_MS }
  const detail = `first start to last end; ${started} of ${UNNEEDED} unneeded started`
  const name = `wide: ${STAGES} stages of a second`
  return [
    { name, against: `${WIDE_MS} ms`, measured, goal: started === 0 ? 1 : 0, detail },
    {
      name,
      against: `${backend} alone, ${STAGES} at once`,
      measured: { ours, other: bare, ratio: ours.medianMs / bare.medianMs },
      detail: 'the least that this machine can do',
    },
  ]
}
