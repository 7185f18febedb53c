/** The simulated shell in a worker, beside the same commands in the thread of the caller. */
import { serialize } from 'node:v8'
import type { Executor } from '@layerwright/executor'
import { nodeShellWorker, simulatedShell } from '@layerwright/executor/node'
import type { ShellWorker } from '@layerwright/executor/shell'
import { copyTree, createOverlay, emptySnapshot, type Snapshot } from '@layerwright/vfs'
import { type MeasureOptions, measureCosts, measurePair } from '../measure.js'
import type { BenchReport, BenchRow } from '../report.js'
import { ResultsDifferError } from './errors.js'

export interface ShellBenchOptions extends MeasureOptions {
  /** Files of the large tree, ten in a directory. */
  readonly files: number
  /** Makes the workers; by default threads of Node. */
  readonly worker?: () => ShellWorker
}

const AGAINST = 'in the thread of the caller'

/** @throws ResultsDifferError */
export async function benchShell(options: ShellBenchOptions): Promise<BenchReport> {
  const here = simulatedShell({ everyCommand: true, worker: undefined })
  const { worker = nodeShellWorker } = options
  const there = simulatedShell({ everyCommand: true, worker })
  const small = tree(10)
  const large = tree(options.files)
  const pair = (name: string, script: string, of: () => Snapshot, detail?: string) =>
    compare(name, script, of, { here, there, detail, options })
  const rows = [
    await first(here, small, { ...options, worker }),
    await pair('a command', 'echo a > /f', () => small),
    await pair(
      'a command on a tree that is new',
      'true',
      () => copyTree(large),
      `${options.files} files, ${await sentBytes(large, worker)}`,
    ),
    await pair('a command on a tree that is known', 'echo a > /f', () => large, `${options.files} files`),
    await pair('find over all files', 'find / -type f | wc -l', () => large),
    await pair('grep in a tenth of the files', 'grep -r nowhere /d?1 | wc -l', () => large),
    await pair('write 500 files', 'mkdir /n; for i in $(seq 500); do echo $i > /n/$i; done', () => small),
    await stopping('while true; do :; done', here, there, options),
    await stopping('yes > /dev/null', here, there, options),
  ]
  return { bench: 'shell', runtime: `node ${process.version}`, rows }
}

function tree(files: number): Snapshot {
  const overlay = createOverlay(emptySnapshot(), { now: () => 0n })
  for (let i = 0; i < files; i++) {
    const folder = `/d${Math.floor(i / 10)}`
    if (i % 10 === 0) overlay.mkdir(folder)
    overlay.writeFile(`${folder}/file-${i}.txt`, `contents of file ${i}\n`)
  }
  return overlay.freeze()
}

async function run(executor: Executor, lower: Snapshot, script: string, signal?: AbortSignal): Promise<string> {
  const overlay = createOverlay(lower)
  let output = ''
  await executor.run({
    overlay,
    filesystem: overlay,
    lower: { snapshot: lower, layers: [] },
    argv: ['bash', '-c', script],
    env: new Map([['PATH', '/usr/bin:/bin']]),
    cwd: '/',
    onOutput: (_, bytes) => {
      output += new TextDecoder().decode(bytes)
    },
    ...(signal ? { signal } : {}),
  })
  return `${output}${overlay.changes().length} changes`
}

async function first(
  here: Executor,
  lower: Snapshot,
  { worker, ...options }: MeasureOptions & { readonly worker: () => ShellWorker },
): Promise<BenchRow> {
  const measured = await measurePair(
    () => run(simulatedShell({ everyCommand: true, worker }), lower, 'true'),
    () => run(here, lower, 'true'),
    options,
  )
  return { name: 'the first command, with the start of a worker', against: `${AGAINST}, which has loaded everything`, measured }
}

interface Sides {
  readonly here: Executor
  readonly there: Executor
  readonly detail: string | undefined
  readonly options: MeasureOptions
}

async function compare(name: string, script: string, of: () => Snapshot, { here, there, detail, options }: Sides): Promise<BenchRow> {
  const [one, other] = [await run(there, of(), script), await run(here, of(), script)]
  if (one !== other) throw new ResultsDifferError(`${script}: ${one} in a worker, ${other} ${AGAINST}`)
  const timed = (executor: Executor) => async () => {
    const lower = of()
    const start = performance.now()
    await run(executor, lower, script)
    return performance.now() - start
  }
  const measured = await measureCosts(timed(there), timed(here), options)
  return { name, against: AGAINST, measured, ...(detail === undefined ? {} : { detail }) }
}

/** How long after its abort a loop ends. */
async function stopping(loop: string, here: Executor, there: Executor, options: MeasureOptions): Promise<BenchRow> {
  const lower = tree(10)
  const stopped = (executor: Executor) => async () => {
    const controller = new AbortController()
    let at = 0
    setTimeout(() => {
      at = performance.now()
      controller.abort()
    }, 100)
    const ended = await run(executor, lower, loop, controller.signal).catch((error: { readonly code?: unknown }) => error.code)
    if (ended !== 'RUN_ABORTED') throw new ResultsDifferError(`${loop} ended with ${String(ended)}`)
    return performance.now() - at
  }
  const measured = await measureCosts(stopped(there), stopped(here), options)
  return { name: `abort of ${loop}`, against: AGAINST, measured, limit: 200 }
}

/** What a worker is sent of a tree, for people. */
async function sentBytes(lower: Snapshot, make: () => ShellWorker): Promise<string> {
  let bytes = 0
  const counted = () => {
    const made = make()
    const { postMessage } = made
    return {
      ...made,
      postMessage(message: unknown, transfer: Transferable[]) {
        bytes += serialize(message).length
        postMessage(message, transfer)
      },
    }
  }
  await run(simulatedShell({ everyCommand: true, worker: counted }), lower, 'true')
  return `${(bytes / 1e6).toFixed(1)} MB sent`
}
