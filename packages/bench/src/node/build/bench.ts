import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { measurePair, type Timing } from '../../measure.js'
import type { BenchReport, BenchRow } from '../../report.js'
import { WorkloadFailedError } from '../errors.js'
import { type CommandLineResults, measureCommandLine } from './command-line.js'
import { type OtherBuilder, otherBuilders } from './others.js'
import type { PhaseResults, Sample } from './phases.js'
import { workloads } from './workloads.js'

export interface BuildBenchOptions {
  /** Names of workloads; all of them by default. */
  readonly workloads?: readonly string[]
  /** 1 for the sizes that the goals are for. */
  readonly scale?: number
  /** Where the files are made; a tmpfs if there is one, so that no disk is measured. */
  readonly dir?: string
  /** The command line's file; its start is measured too where it is there. */
  readonly cli?: string
  /** Whether builders of others that are installed do the same. Default true. */
  readonly others?: boolean
}

/** A phase, what it is compared with, the most that the ratio may be, and by which clock. */
type Comparison = readonly [phase: string, against: string, goal: number | undefined, by?: 'cpu']

const COMPARISONS: Readonly<Record<string, readonly Comparison[]>> = {
  'no-run': [
    ['warm', 'bare walk', 1.8],
    ['clean checkout', 'read + sha256', 1.6],
    ['cold', 'tar c', 5, 'cpu'],
    ['edit1', 'cold', 0.5],
    ['touch', 'cold', undefined],
    ['export raw', 'tar c', undefined],
    ['export gzip', 'export raw', undefined],
  ],
  'ignore-heavy': [
    ['warm', 'bare readdir', 1],
    ['cold', 'tar c', undefined, 'cpu'],
  ],
  'deep-120': [['warm', 'bare walk', undefined]],
  'big-blob': [
    ['cold', 'cp + sha256', 1.6],
    ['export raw', 'cp + sha256', undefined],
  ],
}

/** Processes for each side, where cold builds are compared. */
const COLD_ROUNDS = 5

/** Goals in milliseconds and MiB: the other side is the goal itself. */
const WARM_MS: Readonly<Record<string, number>> = { tiny: 5, 'deep-120': 15, 'big-blob': 10 }
const PEAK_MIB: Readonly<Record<string, readonly [which: 'coldPeakMiB' | 'peakMiB', limit: number]>> = {
  'big-blob': ['coldPeakMiB', 150],
  'ignore-heavy': ['peakMiB', 250],
}

/**
 * Builds of generated workloads, in their phases, in process and by the command line, beside the least that anybody has to do with the same files, and beside buildah and a
 * Docker engine where they are installed and the user is root.
 * @throws WorkloadFailedError
 */
export async function benchBuild(options: BuildBenchOptions = {}): Promise<BenchReport> {
  const { scale = 1, workloads: names = workloads.map(({ name }) => name) } = options
  const parent = options.dir ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
  const dir = mkdtempSync(join(parent, 'layerwright-bench-'))
  const rows: BenchRow[] = []
  try {
    for (const name of names) {
      const place = join(dir, name)
      mkdirSync(place)
      const measured = measure(name, place, scale)
      const results = name === 'no-run' ? withMoreCold(name, dir, scale, measured) : measured
      rows.push(...rowsOf(name, results))
      const workload = workloads.find((one) => one.name === name)!
      if (options.cli !== undefined) rows.push(...byCommandLine(measureCommandLine(workload, place, options.cli), name, results))
      if (name === 'tiny' && options.cli !== undefined)
        rows.push(await startUp(options.cli, join(place, 'context'), join(place, 'cli-store')))
      if ((name === 'tiny' || name === 'no-run') && options.others !== false)
        rows.push(...besides(await otherBuilders(workload, place), name, results))
      rmSync(place, { recursive: true, force: true })
    }
    if (names.includes('deep-60') && names.includes('deep-120')) rows.push(growth(dir, scale))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return { bench: 'build', runtime: `node ${process.version}`, rows }
}

/**
 * How cold builds grow with the number of instructions: of both sizes several, in turns, each in a process and a store of its own. Of one each, luck decides when a new process
 * compiles what.
 */
function growth(dir: string, scale: number): BenchRow {
  const samples = new Map<string, Sample[]>([
    ['deep-60', []],
    ['deep-120', []],
  ])
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const [name, taken] of samples) taken.push(...(measureCold(name, dir, scale).cold ?? []))
  }
  return row('deep: cold of 120', 'cold of 60', samples.get('deep-120')!, samples.get('deep-60')!, 2.2)
}

/** More cold builds, each in a process of its own, in turns with what they are compared with. */
function withMoreCold(name: string, dir: string, scale: number, results: PhaseResults): PhaseResults {
  const samples = { ...results.samples }
  for (let round = 1; round < COLD_ROUNDS; round++) {
    for (const [phase, more] of Object.entries(measureCold(name, dir, scale))) samples[phase] = [...(samples[phase] ?? []), ...more]
  }
  return { ...results, samples }
}

function measureCold(name: string, dir: string, scale: number): PhaseResults['samples'] {
  const place = join(dir, `${name}-cold`)
  mkdirSync(place)
  const { samples } = measure(name, place, scale, 'cold')
  rmSync(place, { recursive: true, force: true })
  return samples
}

function measure(name: string, dir: string, scale: number, ...only: readonly 'cold'[]): PhaseResults {
  // By the package's name: that is the built file, also where this one runs from its source.
  const script = join(dirname(createRequire(import.meta.url).resolve('@layerwright/bench/package.json')), 'dist/node/build/phases.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, name, dir, String(scale), ...only], { encoding: 'utf8' })
  if (status !== 0) throw new WorkloadFailedError(name, stderr)
  return JSON.parse(stdout) as PhaseResults
}

function rowsOf(name: string, { samples, ...peaks }: PhaseResults): BenchRow[] {
  const about = workloads.find((one) => one.name === name)?.about ?? ''
  const rows = (COMPARISONS[name] ?? []).map(([phase, against, goal, by]) =>
    row(`${name}: ${phase}${by === undefined ? '' : ' cpu'}`, against, samples[phase] ?? [], samples[against] ?? [], goal, by, about),
  )
  const limit = WARM_MS[name]
  if (limit !== undefined)
    rows.push(row(`${name}: warm`, `${limit} ms`, samples.warm ?? [], [{ ms: limit, cpuMs: limit }], 1, undefined, about))
  const peak = PEAK_MIB[name]
  if (peak) {
    const [which, mib] = peak
    rows.push(memory(`${name}: peak memory`, peaks[which], mib))
  }
  return rows
}

function row(
  name: string,
  against: string,
  ours: readonly Sample[],
  other: readonly Sample[],
  goal: number | undefined,
  by?: 'cpu',
  about = '',
): BenchRow {
  const timing = (samples: readonly Sample[]): Timing => {
    const times = samples.map(({ ms, cpuMs }) => (by === 'cpu' ? cpuMs : ms)).sort((a, b) => a - b)
    return { medianMs: times[times.length >> 1] ?? Number.NaN, bestMs: times[0] ?? Number.NaN }
  }
  // Of the best rounds, not of the medians: most phases have few rounds, and whatever else the machine does only ever adds.
  const measured = { ours: timing(ours), other: timing(other), ratio: timing(ours).bestMs / timing(other).bestMs }
  const cpu = [...ours].sort((a, b) => a.cpuMs - b.cpuMs)[ours.length >> 1]?.cpuMs ?? 0
  // Beside the ratio of what a clock saw, that of what the processors did: on a machine that others use it is the surer one.
  const least = (samples: readonly Sample[]) => Math.min(...samples.map(({ cpuMs }) => cpuMs))
  const detail = [about, by === 'cpu' ? '' : `cpu ${cpu.toFixed(1)} ms, ${(least(ours) / least(other)).toFixed(2)}×`]
    .filter(Boolean)
    .join('; ')
  return { name, against, measured, ...(goal === undefined ? {} : { goal }), detail }
}

/** The same phases in a process of their own, beside those in a process that is warm. */
function byCommandLine({ samples, peakMiB }: CommandLineResults, name: string, inProcess: PhaseResults): BenchRow[] {
  const rows = Object.entries(samples).map(([phase, ours]) =>
    row(`${name}: ${phase} by the command line`, 'in process', ours, inProcess.samples[phase] ?? [], undefined),
  )
  const limit = PEAK_MIB[name]?.[1]
  return [...rows, memory(`${name}: peak memory by the command line`, peakMiB, limit)]
}

function memory(name: string, mib: number, limit: number | undefined): BenchRow {
  const asTiming = (value: number): Timing => ({ medianMs: value, bestMs: value })
  const against = limit === undefined ? 'itself' : `${limit} MiB`
  const measured = { ours: asTiming(mib), other: asTiming(limit ?? mib), ratio: mib / (limit ?? mib) }
  return { name, against, measured, ...(limit === undefined ? {} : { goal: 1 }), detail: 'in MiB, not ms' }
}

function besides(others: readonly OtherBuilder[], name: string, { samples }: PhaseResults): BenchRow[] {
  return others.flatMap((other) =>
    Object.entries(other.samples).map(([phase, theirs]) => {
      const made = row(`${name}: ${phase}`, other.name, samples[phase] ?? [], theirs, undefined)
      const cpu = [...theirs].sort((a, b) => a.cpuMs - b.cpuMs)[theirs.length >> 1]?.cpuMs ?? 0
      return { ...made, detail: `${made.detail}; ${other.name} ${cpu.toFixed(0)} ms cpu` }
    }),
  )
}

/** A warm build by the command line against a Node that does nothing. */
async function startUp(cli: string, context: string, store: string): Promise<BenchRow> {
  const run = (args: readonly string[]) => () => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new WorkloadFailedError('the command line', stderr)
  }
  const pair = await measurePair(run([cli, '--store', store, 'build', '-q', context]), run(['-e', '0']), { rounds: 15, warmUp: 2 })
  // Of the best rounds, as everywhere here.
  const measured = { ...pair, ratio: pair.ours.bestMs / pair.other.bestMs }
  return { name: 'tiny: warm by the command line', against: 'node -e 0', measured, goal: 1.6 }
}
