import { ExecutorError } from '../../errors.js'
import type { Job } from '../system/process.js'
// cycle-ok: a job is a script
import { runStatements } from './script.js'
import type { Shell } from './shell.js'
import { runSubshell } from './subshell.js'
import type { StatementNode } from './syntax.js'

/** Starts `… &`: a task of its own, without input of its own, that runs whenever the others wait. */
export async function startJob(shell: Shell, statement: StatementNode): Promise<void> {
  const { run } = shell
  const pid = run.nextPid++
  const task = shell.task.root.child()
  const fds = shell.fds.fork()
  fds.set(0, shell.fs.open('/dev/null'))
  const child = shell.fork({ task, fds })
  const ended = runSubshell(child, async () => {
    await run.scheduler.turn()
    await runStatements(child, [statement])
  }).finally(() => task.done())
  const job: Job = { pid, task, ended, status: undefined }
  run.jobs.set(pid, job)
  ended.then(
    (status) => {
      job.status = status
    },
    (error: unknown) => {
      if (error instanceof ExecutorError) task.fail(error)
      job.status = 1
    },
  )
  shell.lastJob = pid
}

/** Waits for a job as `wait PID` does: its status, 127 for one that is not known. */
export async function waitForJob(shell: Shell, pid: number): Promise<number> {
  const job = shell.run.jobs.get(pid)
  if (!job) return 127
  if (job.status === undefined) {
    await shell.task.wait((resolve) => {
      job.ended.then(resolve, resolve)
    })
  }
  return job.ended
}
