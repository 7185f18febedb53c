/**
 * What a command wrote whose supervisor was killed. A run that shall be recoverable says so in its folder, which nobody sweeps away then; who knows its name merges the upper
 * folders, stores them, and gives the folder up. Nothing in it is changed until then, so a recovery that is killed itself is simply made again.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ExecutorError } from '../errors.js'
import type { RecoverRequest } from '../types.js'
import type { Sandbox } from './run.js'
import { list, markOf, type RunNotes, remove, startOf } from './run-folder.js'
import { mergeUpper } from './upper.js'

/** Says that the run in `folder` can be recovered. @param trees names of mounted trees, with the folder of each */
export function noteRun(folder: string, name: string, trees: RunNotes['trees'], durable: boolean): void {
  writeFileSync(markOf(folder), JSON.stringify({ name, trees, boot: bootId(), durable } satisfies RunNotes), { flush: durable })
}

/** Keeps which process is the first of the sandbox: when that is gone, the kernel has ended all others. */
export function noteInit(folder: string, pid: number): void {
  const file = join(folder, INIT)
  if (!existsSync(file)) writeFileSync(file, `${pid} ${startOf(pid)}`)
}
const INIT = 'init'

/** @returns undefined where no such run is left */
export async function recoverRun(sandbox: Sandbox, name: string, { overlay, trees }: RecoverRequest): Promise<(() => void) | undefined> {
  for (const [folder, notes] of recoverable(sandbox)) {
    if (notes.name !== name) continue
    const before = notes.boot !== bootId()
    if (before && !notes.durable)
      throw new ExecutorError(
        'SANDBOX_FAILED',
        `the machine has restarted since, and nothing says what was on its disk by then (${folder})`,
      )
    if (!before) await untilOver(folder)
    await mergeUpper(join(folder, 'u'), overlay, sandbox)
    for (const { as, at } of notes.trees) {
      const tree = trees.get(as)
      if (tree && existsSync(join(folder, at, 'u'))) await mergeUpper(join(folder, at, 'u'), tree, sandbox)
    }
    return () => {
      // First: half a folder is nothing to recover.
      rmSync(markOf(folder), { force: true })
      remove(folder, sandbox.ids)
    }
  }
  return undefined
}

/** Waits until no process of these runs is left: their supervisors were killed, and the kernel ends what they started. */
export async function untilRunsOver(sandbox: Pick<Sandbox, 'folder'>, names: readonly string[]): Promise<void> {
  for (const [folder, { name, boot }] of recoverable(sandbox)) if (names.includes(name) && boot === bootId()) await untilOver(folder)
}

/** Folders of runs that say that they can be recovered. */
function* recoverable({ folder: root }: Pick<Sandbox, 'folder'>): Generator<[folder: string, notes: RunNotes]> {
  const runs = join(root, 'runs')
  for (const run of list(runs)) {
    const folder = join(runs, run)
    const notes = readNotes(folder)
    if (notes) yield [folder, notes]
  }
}

/** Changes when the machine starts. */
export const bootId = (): string => read('/proc/sys/kernel/random/boot_id').trim()

function readNotes(folder: string): RunNotes | undefined {
  try {
    return JSON.parse(readFileSync(markOf(folder), 'utf8')) as RunNotes
  } catch {
    return undefined // another run, or one that is just made or removed
  }
}

/** Milliseconds that the kernel gets to end processes whose parent is gone already, and between two looks. */
const PATIENCE = 20_000
const LOOK = 10

/** @throws ExecutorError SANDBOX_FAILED: what still runs still writes */
async function untilOver(folder: string): Promise<void> {
  for (let waited = 0; !isOver(folder); waited += LOOK) {
    if (waited >= PATIENCE)
      throw new ExecutorError('SANDBOX_FAILED', `processes of a sandbox whose supervisor is gone do not end (${folder})`)
    await new Promise((resolve) => setTimeout(resolve, LOOK))
  }
}

function isOver(folder: string): boolean {
  const [pid = '', start] = read(join(folder, INIT)).split(' ')
  if (pid !== '') return startOf(Number(pid)) !== start || isZombie(pid)
  // Killed in its first moments: whatever was started for it has its name among its words.
  const id = basename(folder)
  return !list('/proc').some((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes(id))
}

const isZombie = (pid: string): boolean => /\) Z /.test(read(`/proc/${pid}/stat`))

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
