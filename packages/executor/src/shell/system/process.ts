import type { SimulationUnsupportedError } from '../../errors.js'
import type { Identity } from '../../users.js'
import type { Descriptors } from '../language/descriptors.js'
import type { Parser } from '../language/syntax.js'
import type { ShellFs } from './shell-fs.js'
import type { Scheduler, Task } from './task.js'

/** What one run shares among all its processes. */
export interface Run {
  readonly parser: Parser
  readonly scheduler: Scheduler
  readonly hostname: string
  readonly identity: Identity
  /** Commands of the pack exist although the tree has no file for them. */
  readonly everyCommand: boolean
  readonly onProgram: ((argv: readonly string[]) => void) | undefined
  /** The busybox that a shell of this run is, and the applets that it has without a file for them, once they were asked for. */
  busybox?: string | undefined
  applets?: ReadonlySet<string> | undefined
  nextPid: number
  /** Background jobs by process id. */
  readonly jobs: Map<number, Job>
}

export interface Job {
  readonly pid: number
  readonly task: Task
  readonly ended: Promise<number>
  status: number | undefined
}

/** A process: what `execve` starts with. */
export interface Process {
  readonly run: Run
  readonly task: Task
  readonly fs: ShellFs
  readonly fds: Descriptors
  /** `argv[0]` first; byte strings, as all text in the shell. */
  readonly argv: readonly string[]
  readonly env: Map<string, string>
  /** Absolute. */
  readonly cwd: string
  readonly pid: number
  readonly depth: number
  /** Line of the script that started it, for messages. */
  readonly line: number | undefined
}

/** Ends the whole run: the script cannot catch this. */
export function refuse(process: { readonly task: Task }, error: SimulationUnsupportedError): never {
  process.task.fail(error)
  throw error
}
