import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchReport, BenchRow } from '../../report.js'
import { ResultsDifferError } from '../errors.js'
import { type FleetRun, runFleet } from './fleet.js'
import { startRegistry } from './registry.js'

export interface FleetBenchOptions {
  readonly processes?: number
  readonly commits?: number
  readonly dir?: string
}

/** What installing packages waits for its network: little, for what real ones do. */
const WAIT_MS = 3000

interface Circumstances {
  readonly fresh: boolean
  readonly everyMs: number
}
const CIRCUMSTANCES: readonly (readonly [what: string, Circumstances])[] = [
  ['fresh machines, a commit every 1.5 s', { fresh: true, everyMs: 1500 }],
  ['fresh machines, all commits at once', { fresh: true, everyMs: 0 }],
]

/** Machines that build the commits of a project: alone, and with one registry as the cache that they share. Every digest is compared. */
export async function benchFleet({ processes = 8, commits = 40, dir }: FleetBenchOptions = {}): Promise<BenchReport> {
  const base = mkdtempSync(join(dir ?? tmpdir(), 'layerwright-fleet-'))
  const run = async (shared: boolean, { fresh, everyMs }: Circumstances): Promise<FleetRun> => {
    const folder = join(base, 'run')
    mkdirSync(folder)
    const registry = shared ? await startRegistry(folder) : undefined
    try {
      return await runFleet({
        dir: folder,
        processes,
        commits,
        fresh,
        everyMs,
        waitMs: WAIT_MS,
        ...(registry ? { host: registry.host } : {}),
      })
    } finally {
      await registry?.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
  try {
    const rows: BenchRow[] = []
    for (const [what, circumstances] of CIRCUMSTANCES) {
      const [alone, shared] = [await run(false, circumstances), await run(true, circumstances)]
      compare(alone, shared)
      rows.push(...rowsOf(what, alone, shared))
    }
    return { bench: 'fleet', runtime: `node ${process.version}, ${processes} processes, ${commits} commits`, rows }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

/** @throws ResultsDifferError */
function compare(alone: FleetRun, shared: FleetRun): void {
  for (const [i, { commit, digest, notices }] of shared.samples.entries()) {
    if (digest !== alone.samples[i]?.digest) throw new ResultsDifferError(`commit ${commit} with and without the shared cache`)
    if (notices.length > 0) throw new ResultsDifferError(`commit ${commit}: ${notices[0]}`)
  }
}

const sum = ({ samples }: FleetRun, of: 'steps' | 'ran' | 'shared' | 'pulled' | 'pushed' | 'cpuMs'): number =>
  samples.reduce((total, sample) => total + sample[of], 0)
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function rowsOf(what: string, alone: FleetRun, shared: FleetRun): BenchRow[] {
  const row = (name: string, ours: number, other: number, detail: string): BenchRow => ({
    name: `${name}, ${what}`,
    against: 'each alone',
    measured: { ours: { medianMs: ours, bestMs: ours }, other: { medianMs: other, bestMs: other }, ratio: ours / other },
    detail,
  })
  const steps = sum(shared, 'steps')
  const rate = (run: FleetRun) => `${(100 * (1 - sum(run, 'ran') / steps)).toFixed(0)} % hits (${sum(run, 'ran')} of ${steps} steps ran)`
  const latency = ({ samples }: FleetRun) => [...samples].sort((a, b) => a.wallMs - b.wallMs)[Math.floor(samples.length / 2)]!.wallMs
  const bytes = `${megabytes(sum(shared, 'pulled'))} came, ${megabytes(sum(shared, 'pushed'))} went`
  return [
    row('a build', latency(shared), latency(alone), `${rate(shared)}; alone ${rate(alone)}`),
    row('cpu of all builds', sum(shared, 'cpuMs'), sum(alone, 'cpuMs'), `${sum(shared, 'shared')} results from the registry; ${bytes}`),
  ]
}
