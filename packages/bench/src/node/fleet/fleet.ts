import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WorkloadFailedError } from '../errors.js'
import type { BuildSample } from './machine.js'

export interface FleetOptions {
  /** Where the stores of the machines are made. */
  readonly dir: string
  readonly processes: number
  readonly commits: number
  /** The registry that they share, `127.0.0.1:PORT`; none: each is alone. */
  readonly host?: string
  /** Whether every build begins with an empty store, or each machine keeps its own. */
  readonly fresh: boolean
  /** Milliseconds that the project's package manager waits for its network. */
  readonly waitMs: number
  /** Milliseconds from one commit to the next; 0: all are there at once. */
  readonly everyMs: number
  /** The program of a machine; default: the one beside this file. */
  readonly program?: string
}

export interface FleetRun {
  readonly samples: readonly BuildSample[]
  readonly wallMs: number
}

/**
 * Lets machines build the commits of a project, each the next that nobody has begun, as soon as it is there. @throws WorkloadFailedError
 */
export async function runFleet(options: FleetOptions): Promise<FleetRun> {
  const {
    dir,
    processes,
    commits,
    host = '-',
    fresh,
    waitMs,
    everyMs,
    program = fileURLToPath(new URL('./machine.js', import.meta.url)),
  } = options
  const began = performance.now()
  const samples: BuildSample[] = []
  let next = 0
  const machine = async (number: number): Promise<void> => {
    const folder = join(dir, `machine-${number}`)
    mkdirSync(folder, { recursive: true })
    const child = fork(program, [folder, host, fresh ? 'FRESH' : 'KEEP', String(waitMs)], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    try {
      await converse(child, async (message) => {
        if (message !== 'ready') samples.push(message)
        if (next >= commits) return undefined
        const commit = next++
        const early = began + commit * everyMs - performance.now()
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
        return commit
      })
    } finally {
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: processes }, (_, number) => machine(number)))
  return { samples: samples.sort((a, b) => a.commit - b.commit), wallMs: performance.now() - began }
}

/** Answers each message with the next commit, until there is none. */
function converse(child: ChildProcess, answer: (message: BuildSample | 'ready') => Promise<number | undefined>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr?.on('data', (data) => {
      stderr += data
    })
    child.on('message', async (message: BuildSample | 'ready') => {
      const commit = await answer(message)
      if (commit === undefined) resolve()
      else child.send(commit)
    })
    child.on('error', reject)
    child.on('exit', () => reject(new WorkloadFailedError('a machine of the fleet', stderr)))
  })
}
