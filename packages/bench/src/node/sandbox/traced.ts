/** What it costs a command that everything it looks at is written down. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, memoryContext } from '@layerwright/build'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { memoryStore } from '@layerwright/store'
import { timing } from '../../measure.js'
import type { BenchRow } from '../../report.js'
import { ResultsDifferError, SandboxMissingError } from '../errors.js'

/** From what a tracer hardly notices to what it is hardest on. */
const COMMANDS: readonly (readonly [name: string, script: string])[] = [
  ['one program that works', 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; cat /files/1/1 > /out'],
  ['100 programs', 'i=0; while [ $i -lt 100 ]; do /bin/cat /files/1/$i > /out; i=$((i+1)); done'],
  ['find over the files', 'find /files -size +0 | wc -l > /out'],
]

/**
 * Commands with `--cache-strength traced` beside the same with `content`, in the first runtime.
 * @throws SandboxMissingError without a `strace` that can do it; ResultsDifferError
 */
export async function tracedRows(backend: BackendName, dir: string, busybox: string, scale: number, rounds: number): Promise<BenchRow[]> {
  const executor = linuxExecutor({ backend, folder: join(dir, 'sandbox') })
  if (!executor.traces) throw new SandboxMissingError([executor.untraced ?? 'it does not trace'])
  const files: Record<string, string | { content: Uint8Array; mode: number }> = {
    busybox: { content: new Uint8Array(readFileSync(busybox)), mode: 0o755 },
  }
  const count = Math.max(200, Math.round(5000 * scale))
  for (let i = 0; i < count; i++) files[`files/${i % 50}/${Math.floor(i / 50)}`] = `${i}\n`
  const context = memoryContext(files)
  const rows: BenchRow[] = []
  for (const [name, script] of COMMANDS) {
    const dockerfileText = `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nCOPY files /files\nRUN ${script}\n`
    const store = memoryStore()
    const run = async (strength: 'content' | 'traced') => {
      const { steps } = await build({ context, dockerfileText, store, executor, cache: { strength, refresh: ['0.4'] } })
      const last = steps.at(-1)!
      if (last.outcome !== 'ran' || (strength === 'traced') !== (last.tracing !== undefined))
        throw new ResultsDifferError(`not measured as it was meant: ${last.outcome}, ${last.reason}`)
      return last
    }
    await run('content')
    const [traced, untraced]: [number[], number[]] = [[], []]
    let calls = 0
    for (let round = 0; round < rounds; round++) {
      untraced.push((await run('content')).durationMs)
      const last = await run('traced')
      traced.push(last.durationMs)
      calls = last.tracing?.calls ?? 0
    }
    const [ours, other] = [timing(traced), timing(untraced)]
    const measured = { ours, other, ratio: ours.medianMs / other.medianMs }
    rows.push({ name: `traced RUN: ${name}`, against: 'the same, untraced', measured, detail: `${calls} calls seen, ${count} files` })
  }
  return rows
}
