import { closeSync, writeSync } from 'node:fs'
import { exitCodeOf } from '@layerwright/container'
import type { EngineFlags } from '../engine.js'
import { openUserEngine } from '../engine.js'
import type { Report } from '../launch.js'
import { forwardingSignals } from '../signals.js'
import type { CommandLike } from '../store.js'

/** `layerwright supervise CONTAINER`: runs a container's command to its end, for who launched this process and waits for one word. */
export async function superviseCommand(id: string, _flags: unknown, self: CommandLike): Promise<number> {
  const { engine } = await openUserEngine(self.optsWithGlobals() as EngineFlags)
  let reported = false
  const report = (word: Report): void => {
    if (reported) return
    reported = true
    writeSync(REPORT, `${JSON.stringify(word)}\n`)
    closeSync(REPORT)
  }
  try {
    const container = await engine.containers.get(id)
    const { exitCode } = await forwardingSignals((onProcess) =>
      container.start({
        onProcess(process) {
          onProcess(process)
          void process.started.then((begun) => begun && report({ started: true }))
        },
      }),
    )
    report({ started: true })
    return exitCode ?? 0
  } catch (error) {
    const { message, code, hint } = error as { message: string; code?: string; hint?: string }
    report({ error: { message, exitCode: exitCodeOf(error, 'run'), ...(code ? { code } : {}), ...(hint ? { hint } : {}) } })
    return 1
  }
}

const REPORT = 3
