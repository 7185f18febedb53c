import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measureCosts } from '../measure.js'
import type { BenchRow } from '../report.js'
import { ToolFailedError } from './vfs-errors.js'

/** Peak memory of a process that does `way`, in MiB: what the operating system counted as resident at most. */
function peak(way: string, entries: number): number {
  const program = fileURLToPath(new URL('./memory-child.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, way, String(entries)], { encoding: 'utf8' })
  const kib = Number(stdout)
  if (status !== 0 || !(kib > 0)) throw new ToolFailedError('node', stderr)
  return kib / 1024
}

/** Peak memory of a tree that is written through an overlay, over that of an empty process. @throws ToolFailedError */
export async function benchMemory(entries: number): Promise<BenchRow> {
  const measured = await measureCosts(
    () => peak('written', entries) - peak('empty', entries),
    () => peak('empty', entries),
    { rounds: 5, warmUp: 0 },
  )
  const detail = `${entries} entries, written through an overlay; peak over the empty process`
  return { name: 'memory of a tree', against: 'an empty process', measured, limit: 60, unit: 'MiB', detail }
}
