/** The phases of a workload by the command line: each a process of its own, with its cpu and its peak memory. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WorkloadFailedError } from '../errors.js'
import type { Sample } from './phases.js'
import { touch, type Workload } from './workloads.js'

export interface CommandLineResults {
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  /** Highest resident memory of any of the processes. */
  readonly peakMiB: number
}

/** What a process says of itself when it ends: `require`d, because an ECMAScript module in front would start Node's loader for them. */
const REPORTER = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  require('node:fs').writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMiB: maxRSS / 1024 }))
})\n`

const WARM_ROUNDS = 3

/**
 * @param cli file of the command line @param dir has the workload's files in `context`
 * @throws WorkloadFailedError
 */
export function measureCommandLine(workload: Workload, dir: string, cli: string): CommandLineResults {
  const reporter = join(dir, 'reporter.cjs')
  writeFileSync(reporter, REPORTER)
  const context = join(dir, 'context')
  const store = join(dir, 'cli-store')
  const samples: Record<string, Sample[]> = {}
  let highest = 0
  const run = (phase: string, from: string, ...flags: string[]) => {
    const args = ['--require', reporter, cli, '--store', store, 'build', '-q', ...flags, from]
    const start = performance.now()
    const { status, stderr, output } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    const ms = performance.now() - start
    if (status !== 0) throw new WorkloadFailedError(`${workload.name} by the command line`, stderr)
    const { cpuMs, peakMiB } = JSON.parse(output[3] ?? '') as { cpuMs: number; peakMiB: number }
    samples[phase] = [...(samples[phase] ?? []), { ms, cpuMs }]
    highest = Math.max(highest, peakMiB)
  }
  run('cold', context)
  for (let round = 0; round < WARM_ROUNDS; round++) run('warm', context)
  appendFileSync(join(context, workload.edited), '.')
  run('edit1', context)
  touch(context)
  run('touch', context)
  if (workload.name !== 'big-blob') {
    const checkout = join(dir, 'checkout')
    cpSync(context, checkout, { recursive: true })
    run('clean checkout', checkout)
    rmSync(checkout, { recursive: true })
  }
  run('export raw', context, '-o', `type=oci,dest=${join(dir, 'cli.tar')}`)
  if (workload.name !== 'big-blob') run('export gzip', context, '-o', `type=oci,compression=gzip,dest=${join(dir, 'cli.tar.gz')}`)
  return { samples, peakMiB: Math.round(highest) }
}
