import { readFileSync } from 'node:fs'
import { openRegistry } from '@layerwright/registry'
import { openCredentials } from '@layerwright/registry/node'
import { UsageError } from '../errors.js'
import type { RegistryFlags } from '../registry.js'
import type { CommandLike } from '../store.js'

const DEFAULT = 'docker.io'

/** `layerwright login [REGISTRY]`: credentials are tried before they are kept where Docker keeps its own. */
export async function loginCommand(registry: string | undefined, _flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as RegistryFlags & { username?: string; password?: string; passwordStdin?: boolean }
  const name = registry ?? DEFAULT
  const username = flags.username ?? (await ask('Username: '))
  if (!username) throw new UsageError('there is no user name', 'write login -u NAME --password-stdin < FILE')
  const given = flags.passwordStdin ? readFileSync(0, 'utf8').replace(/\r?\n$/, '') : flags.password
  const password = given ?? (await ask('Password: ', true))
  if (!password) throw new UsageError('there is no password', 'pipe it into login -u NAME --password-stdin')
  const credentials = { username, password }
  await openRegistry({ credentials: () => credentials, ...(flags.plainHttp ? { scheme: () => 'http' as const } : {}) }).check(name)
  const place = await openCredentials().set(name, credentials)
  console.log(`Login succeeded: ${name} (kept in ${place})`)
}

/** `layerwright logout [REGISTRY]` */
export async function logoutCommand(registry: string | undefined): Promise<void> {
  const name = registry ?? DEFAULT
  const was = await openCredentials().delete(name)
  console.log(was ? `Removed the credentials for ${name}` : `There were no credentials for ${name}`)
}

/** Asks on a terminal; what is secret is not shown. undefined: there is no terminal to ask on. */
async function ask(prompt: string, silent = false): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const { read } = await import('read')
  // on stderr, so that what the command prints can be piped on
  return String(await read({ prompt, silent, output: process.stderr }))
}
