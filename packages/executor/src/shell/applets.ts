import { fromBytes } from './system/bytes.js'
import type { Process } from './system/process.js'
import type { ShellFs } from './system/shell-fs.js'
import type { Task } from './system/task.js'

/** What a busybox that is started through itself has in its text. */
const OWN_PATH = '/proc/self/exe'
/** How its table of applets begins: sorted by bytes, each name ended by NUL. */
const FIRST_APPLETS = '\0[\0[[\0'
const APPLET = /^[\w.[-]+$/
/** A busybox with every applet and a C library in it has some two megabytes. */
const LONGEST = 16 * 1024 * 1024

const NONE: ReadonlySet<string> = new Set()

/**
 * The applets that a busybox runs without a file of their name: all of its table where it was built to be its own path (`FEATURE_PREFER_APPLETS`, as Debian's is), none
 * otherwise.
 */
export function appletsIn(binary: string): ReadonlySet<string> {
  const start = binary.indexOf(FIRST_APPLETS)
  if (start < 0 || !binary.includes(OWN_PATH)) return NONE
  const names = new Set<string>()
  for (let at = start + 1; ; ) {
    const end = binary.indexOf('\0', at)
    const name = binary.slice(at, Math.max(end, at))
    if (!APPLET.test(name)) return names
    names.add(name)
    at = end + 1
  }
}

/** What the run's shell brings by itself, read once, when a command has no file. */
export async function appletsOf({ run, fs, task }: Pick<Process, 'run' | 'fs' | 'task'>): Promise<ReadonlySet<string>> {
  if (run.busybox === undefined) return NONE
  run.applets ??= appletsIn(await textOf(fs, task, run.busybox))
  return run.applets
}

async function textOf(fs: ShellFs, task: Task, path: string): Promise<string> {
  const stat = fs.find(path)
  if (stat?.type !== 'file' || stat.size > LONGEST) return ''
  // Execute permission is enough to run a binary.
  const file = fs.fork({ uid: 0, gid: 0, groups: [] }).open(path)
  try {
    const parts: string[] = []
    for (;;) {
      const bytes = await file.read(task, 1 << 20)
      if (!bytes) return parts.join('')
      parts.push(fromBytes(bytes))
    }
  } finally {
    file.release()
  }
}
