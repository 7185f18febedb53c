import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { storeLimits } from '../limits.js'

/**
 * Who made a temporary file or a lock claim is written in its name: `<namespace>-<pid>-<start>-<random><count>`.
 *
 * A process is its pid *and* its start time: pids are used again. `namespace` says within which set of pids the number means
 * something (machine, boot, pid namespace): two containers that share a store on a volume can't see each other's processes, so there
 * only signs of life (the file's mtime) tell.
 */
const FORM = /^([0-9a-f]{8})-([0-9]+)-([0-9]+)-[0-9a-f]+$/

interface Identity {
  readonly namespace: string
  readonly prefix: string
}

let identity: Identity | undefined
/** Names given so far. */
let count = 0

function own(): Identity {
  if (!identity) {
    const facts = [
      hostname(),
      attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
      attempt(() => readlinkSync('/proc/self/ns/pid')),
    ]
    const namespace = createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 8)
    // The random part tells the threads of a process apart.
    identity = { namespace, prefix: `${namespace}-${process.pid}-${startOf(process.pid) ?? '0'}-${randomBytes(6).toString('hex')}` }
  }
  return identity
}

/** A name that nobody else takes, and that says whose it is. */
export const ownedName = (): string => own().prefix + (count++).toString(16)

/** Whether a file is named as `ownedName` does. */
export const isOwnedName = (name: string): boolean => FORM.test(name)

/**
 * Whether the owner of a file lives.
 * `silent`: milliseconds since the file's mtime. `patience`: how long a process that can't be seen may be silent.
 */
export function ownerLives(name: string, silent: number, patience: number = storeLimits.heartbeatLost): boolean {
  const match = FORM.exec(name)
  if (!match) return false
  const [, namespace, pid, start] = match
  if (namespace !== own().namespace) return silent < patience
  if (start !== '0') return startOf(Number(pid)) === start
  // No /proc (macOS, Windows): the pid may be somebody else's by now, so silence decides as well.
  return isRunning(Number(pid)) && (Number(pid) === process.pid || silent < patience)
}

/** The process that a name is of, by its number here; undefined where that means nothing here. */
export function ownerPid(name: string): number | undefined {
  const [, namespace, pid] = FORM.exec(name) ?? []
  return namespace === own().namespace ? Number(pid) : undefined
}

/** Start time in clock ticks since boot (proc(5), field 22), undefined when there is no such process or it is a zombie. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The name of the program may hold blanks and brackets: fields are counted behind its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.length < 20 || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
