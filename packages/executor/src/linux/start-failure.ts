/** What a runtime says of a command that it could not start. */
import { readFileSync } from 'node:fs'
import { CommandNotFoundError, ExecutorError } from '../errors.js'

/** What a file says, without blanks around it; nothing where there is none. */
export const textIfAny = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Whether the runtime has said in its log that it could not start a command. What it puts out then is its own, and says the same again. */
export const hasFailed = (log: string): boolean => textIfAny(log).includes('"level":"error"')

/** @param log of the runtime, a JSON document a line @throws ExecutorError, CommandNotFoundError where the command did not begin */
export function checkStart(log: string, command: string, cwd: string): void {
  for (const line of textIfAny(log).split('\n')) {
    if (line === '') continue
    const { level, msg } = JSON.parse(line) as { level?: string; msg?: string }
    if (level !== 'error' || msg === undefined) continue
    if (/\b(?:chdir|cwd)\b/i.test(msg)) throw new ExecutorError('RUN_DIRECTORY', `the working directory ${cwd} cannot be entered: ${msg}`)
    if (/executable file .*not found|no such file or directory/i.test(msg)) throw new CommandNotFoundError(command)
    const [denied] = /permission denied|exec format error|is a directory/i.exec(msg) ?? []
    if (denied !== undefined) throw new ExecutorError('RUN_COMMAND_DENIED', `exec: "${command}": ${denied}`)
    throw new ExecutorError('SANDBOX_FAILED', `the runtime could not run the command: ${msg}`)
  }
}
