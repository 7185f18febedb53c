/**
 * The one gate to the `git` program. It is started without a shell, never asks on the terminal, runs no helper of the `ext` transport, and gets names from a Dockerfile only
 * behind `--`, so that none of them is read as an option.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { GitError } from '../errors.js'

/** What `git` says on stderr that an error repeats, in characters. */
const MAX_MESSAGE = 2000

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' })

const SAFE = ['-c', 'protocol.ext.allow=never', '-c', 'core.quotePath=false', '-c', 'gc.auto=0', '-c', 'advice.detachedHead=false']

/** Starts git on a repository's folder; `undefined`: on none. */
export function startGit(dir: string | undefined, args: readonly string[], stdio: 'pipe' | 'ignore' = 'ignore'): ChildProcess {
  const where = dir === undefined ? [] : ['-C', dir]
  return spawn('git', [...SAFE, ...where, ...args], { stdio: [stdio, 'pipe', 'pipe'], env: environment() })
}

/** Runs git to its end and gives its stdout. @throws GitError */
export async function runGit(dir: string | undefined, args: readonly string[], signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const child = startGit(dir, args)
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop)
  const out: Buffer[] = []
  let message = ''
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => {
    message = (message + chunk.toString()).slice(-MAX_MESSAGE)
  })
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new GitError('there is no git program on this machine: install it', error) : error),
      )
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    if (status !== 0) throw new GitError(message.trim() || `git ${args[0]} ended with status ${status}`)
    return Buffer.concat(out)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
