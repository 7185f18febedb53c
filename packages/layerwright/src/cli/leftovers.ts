/** What is removed when this program is ended by a signal before it is done: temporary folders of its own, and nothing else. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const folders = new Set<string>()

export interface TemporaryFolder {
  readonly path: string
  /** Removes it and all in it. */
  remove(): void
}

/** Makes a folder of our own that is gone when a signal ends this program. @param parent where it is to lie; it has to be there */
export function temporaryFolder(parent: string, prefix: string): TemporaryFolder {
  const path = join(parent, `${prefix}${randomBytes(6).toString('hex')}`)
  const forget = () => {
    folders.delete(path)
    if (folders.size === 0) for (const signal of ENDING) process.off(signal, end)
  }
  // Before it is there: a signal that comes in between would leave it.
  if (folders.size === 0) for (const signal of ENDING) process.on(signal, end)
  folders.add(path)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    forget()
    throw error
  }
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true })
      forget()
    },
  }
}

/** As the signal would have ended it by itself, so that a shell sees how. */
function end(signal: NodeJS.Signals): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  for (const each of ENDING) process.removeAllListeners(each)
  process.kill(process.pid, signal)
}
