/** Other builders on the same workloads: buildah and a Docker engine, each where it is installed and the user is root. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { program, startEngine, theirs } from '../transfer/programs.js'
import type { Sample } from './phases.js'
import type { Workload } from './workloads.js'

/** The phases that every builder can do. */
export interface OtherBuilder {
  readonly name: string
  readonly samples: Readonly<Record<'cold' | 'warm' | 'edit1' | 'clean checkout', readonly Sample[]>>
}

/** @param dir has the workload's files in `context`; what the builders write lies there too and is removed again */
export async function otherBuilders(workload: Workload, dir: string): Promise<OtherBuilder[]> {
  // Without root they leave files of other owners, which then cannot be removed.
  if (process.getuid?.() !== 0) return []
  return [...buildah(workload, dir), ...(await docker(workload, dir))]
}

function phases(workload: Workload, dir: string, build: (context: string) => Sample): OtherBuilder['samples'] {
  const context = join(dir, 'context')
  const cold = build(context)
  const warm = [build(context), build(context)]
  appendFileSync(join(context, workload.edited), '?')
  const edit1 = build(context)
  const checkout = join(dir, 'checkout')
  cpSync(context, checkout, { recursive: true })
  try {
    return { cold: [cold], warm, edit1: [edit1], 'clean checkout': [build(checkout)] }
  } finally {
    rmSync(checkout, { recursive: true })
  }
}

function buildah(workload: Workload, dir: string): OtherBuilder[] {
  const binary = program('buildah')
  if (!binary) return []
  const places = ['--root', join(dir, 'buildah'), '--runroot', join(dir, 'buildah-run'), '--storage-driver', 'vfs']
  try {
    return [
      {
        name: 'buildah',
        samples: phases(workload, dir, (context) =>
          theirs([binary, ...places, 'bud', '--layers', '-q', context], { BUILDAH_ISOLATION: 'chroot' }),
        ),
      },
    ]
  } finally {
    spawnSync(binary, [...places, 'rmi', '--all', '--force'])
  }
}

async function docker(workload: Workload, dir: string): Promise<OtherBuilder[]> {
  const engine = await startEngine(dir)
  if (!engine) return []
  try {
    const build = (context: string): Sample => {
      const [start, cpu] = [performance.now(), cpuOfAll(engine.pid)]
      engine.docker('build', '-q', context)
      return { ms: performance.now() - start, cpuMs: cpuOfAll(engine.pid) - cpu }
    }
    return [{ name: 'Docker engine', samples: phases(workload, dir, build) }]
  } finally {
    await engine.stop()
  }
}

/** cpu of a running process and of its children that have ended, in milliseconds: the engine unpacks in processes of their own. */
function cpuOfAll(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10
}
