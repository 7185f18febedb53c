/** The processes of a sandbox as this machine sees them: found by parentage, because their numbers inside mean nothing outside. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runTool, sendSignal } from './gate.js'
import { type Ids, isRootless } from './ids.js'

/** Children of all threads of a process, the oldest first (proc(5), children). */
export function childrenOf(pid: number): number[] {
  const folder = `/proc/${pid}/task`
  const found: number[] = []
  try {
    for (const thread of readdirSync(folder)) {
      const text = readFileSync(join(folder, thread, 'children'), 'latin1').trim()
      if (text !== '') found.push(...text.split(' ').map(Number))
    }
  } catch {
    // it ended meanwhile
  }
  return found.sort((a, b) => a - b)
}

/** Where a command is to be found. */
export interface Place {
  /** The process that is the runtime. */
  readonly wrapper: number
  /** Path of the runtime. */
  readonly program: string
  /** See `Backend.hasOwnInit`. */
  readonly nested: boolean
  readonly ids: Ids
}

/** The process of the command, once it is the command and not the runtime on its way to it. */
export function commandAt({ wrapper, program, nested }: Place): number | undefined {
  const outside = namespace(wrapper)
  const inner = childrenOf(wrapper).find((pid) => namespace(pid) !== outside)
  const command = inner === undefined || !nested ? inner : childrenOf(inner)[0]
  return outside !== undefined && command !== undefined && !isRuntime(command, program) ? command : undefined
}

function namespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

/** A runtime becomes the command at the end; until then it is its own program, or a copy of it in memory (CVE-2019-5736), or says what it is. */
function isRuntime(pid: number, program: string): boolean {
  try {
    if (/^runc:\[/.test(readFileSync(`/proc/${pid}/comm`, 'latin1'))) return true
    if (/^\/memfd:\w+_cloned/.test(readlinkSync(`/proc/${pid}/exe`))) return true
    const [own, runtime] = [statSync(`/proc/${pid}/exe`), statSync(program)]
    return own.ino === runtime.ino && own.dev === runtime.dev
  } catch {
    return true
  }
}

/** Sends a signal to the command, whoever it runs as. */
export function signalCommand(place: Place, signal: number): void {
  const pid = commandAt(place)
  if (pid === undefined || sendSignal(pid, signal) || !isRootless(place.ids)) return
  // A subordinate user of ours: only root of the namespace may.
  const enter = ['nsenter', '--target', String(place.wrapper), '--user', '--preserve-credentials'] as const
  runTool([...enter, 'sh', '-c', 'kill -"$1" "$2" 2>/dev/null || true', 'layerwright', String(signal), String(pid)])
}
