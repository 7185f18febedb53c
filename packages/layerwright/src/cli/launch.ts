/** A detached container is run by a process of its own: this program again, which outlives the one that started it. */
import { spawn } from 'node:child_process'
import type { EngineFlags } from './engine.js'
import { storeDir } from './store.js'

/** What the supervising process says once on descriptor 3. */
export type Report =
  | { readonly started: true }
  | { readonly error: { readonly message: string; readonly code?: string; readonly hint?: string; readonly exitCode: number } }

/** A start that failed in the supervising process. */
export class DetachedStartError extends Error {
  override readonly name = 'DetachedStartError'
  readonly code: string
  readonly hint: string | undefined
  /** What `run` ends with. */
  readonly exitCode: number
  constructor({ message, code = 'DETACHED_START_FAILED', hint, exitCode }: Extract<Report, { error: unknown }>['error']) {
    super(message)
    this.code = code
    this.hint = hint
    this.exitCode = exitCode
  }
}

/** Starts a container in the background. Resolves when it runs. @throws DetachedStartError */
export async function launchSupervisor(id: string, flags: EngineFlags): Promise<void> {
  const kind = flags.executor === undefined ? [] : ['--executor', flags.executor]
  const child = spawn(process.execPath, [process.argv[1] ?? '', '--store', storeDir(flags), 'supervise', ...kind, id], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const side = child.stdio[3] as NodeJS.ReadableStream
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const said = (async () => {
    let text = ''
    for await (const bytes of side) {
      text += String(bytes)
      if (text.endsWith('\n')) break
    }
    return text
  })()
  const text = await Promise.race([said, failed])
  child.unref()
  const report: Report =
    text === ''
      ? { error: { message: 'the process that was to run the container ended before it said a word', exitCode: 125 } }
      : (JSON.parse(text) as Report)
  if ('error' in report) throw new DetachedStartError(report.error)
}
