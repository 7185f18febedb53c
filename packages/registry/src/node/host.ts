/**
 * The gate to this machine: the credentials file and the credential helpers.
 *
 * It must never write a file that others can read, never leave a half-written one, never put a secret into an argument or a message, and never run a helper whose name
 * could be a path.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CredentialsError } from '../errors.js'

/** Milliseconds that a helper may take; some ask their user something. */
const HELPER_MS = 120_000
const HELPER_BYTES = 1024 * 1024

/** A text, or undefined where there is no such file. @throws CredentialsError */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CredentialsError(path, `${path} can't be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Puts a text into place whole, for its owner only. A link is followed: people keep this file elsewhere. @throws CredentialsError */
export function writeText(path: string, text: string): void {
  let temporary: string | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const target = realOf(path)
    temporary = `${target}.${randomBytes(6).toString('hex')}.part`
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, target)
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true })
    throw new CredentialsError(path, `${path} can't be written: ${(error as Error).message}`, { cause: error })
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

export interface HelperAnswer {
  readonly status: number
  readonly output: string
}

/** Runs `docker-credential-NAME VERB` with its input on standard input. @throws CredentialsError where it can't be run */
export function runHelper(name: string, verb: 'get' | 'store' | 'erase', input: string): Promise<HelperAnswer> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
    throw new CredentialsError(name.slice(0, 100), `"${name.slice(0, 100)}" is no name of a credential helper`)
  const program = `docker-credential-${name}`
  return new Promise((resolve, reject) => {
    const child = spawn(program, [verb], { stdio: ['pipe', 'pipe', 'ignore'], timeout: HELPER_MS })
    const chunks: Uint8Array[] = []
    let size = 0
    child.stdout.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= HELPER_BYTES) chunks.push(chunk)
    })
    child.once('error', (cause) => reject(new CredentialsError(program, `${program} can't be run: is it installed?`, { cause })))
    child.once('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
    // a helper may end without reading
    child.stdin.once('error', () => {})
    child.stdin.end(input)
  })
}
