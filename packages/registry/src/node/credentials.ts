import { homedir } from 'node:os'
import { join } from 'node:path'
import { CredentialsError } from '../errors.js'
import { isObject } from '../http/body.js'
import type { CredentialSource, Credentials } from '../types.js'
import { type DockerConfig, entryFor, parseDockerConfig, parseObjectOf, serverOf } from './config.js'
import { readText, runHelper, writeText } from './host.js'

/** Where credentials are kept between programs: Docker's file and the helpers that it names. */
export interface CredentialStore {
  /** The file. */
  readonly path: string
  readonly get: CredentialSource
  /** Keeps them with the helper that the file names for this registry, else in the file itself, which is then only for its owner to read. Gives where: the helper's name or the file. */
  set(registry: string, credentials: Credentials): Promise<string>
  /** Gives whether there was anything. */
  delete(registry: string): Promise<boolean>
}

/**
 * The credentials of this user: `config.json` in `dir`, by default `DOCKER_CONFIG` or `~/.docker`, with `credHelpers` and `credsStore`. The file is read anew each time.
 * @throws CredentialsError from its methods
 */
export function openCredentials(dir = process.env.DOCKER_CONFIG || join(homedir(), '.docker')): CredentialStore {
  const path = join(dir, 'config.json')
  const read = (): DockerConfig => parseDockerConfig(readText(path) ?? '{}', path)
  const helperFor = (config: DockerConfig, registry: string) => entryFor(config.helpers, registry) ?? config.store

  return {
    path,
    async get(registry) {
      const config = read()
      const helper = helperFor(config, registry)
      const kept = helper === undefined ? undefined : await fromHelper(helper, serverOf(registry))
      return kept ?? entryFor(config.auths, registry)
    },
    async set(registry, credentials) {
      const helper = helperFor(read(), registry)
      const server = serverOf(registry)
      if (helper === undefined) {
        change(path, (auths) => {
          auths[server] = entryOf(credentials)
        })
        return path
      }
      const { status } = await runHelper(helper, 'store', JSON.stringify(helperForm(server, credentials)))
      if (status !== 0)
        throw new CredentialsError(
          `docker-credential-${helper}`,
          `docker-credential-${helper} did not keep the credentials (status ${status})`,
        )
      return `docker-credential-${helper}`
    },
    async delete(registry) {
      const config = read()
      const helper = helperFor(config, registry)
      const server = serverOf(registry)
      const erased = helper !== undefined && (await fromHelper(helper, server)) !== undefined
      if (erased) await runHelper(helper, 'erase', server)
      let removed = false
      if (entryFor(config.auths, registry) !== undefined || config.auths.has(server)) {
        change(path, (auths) => {
          for (const name of [server, registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`]) {
            removed ||= Object.hasOwn(auths, name)
            delete auths[name]
          }
        })
      }
      return erased || removed
    },
  }
}

/** Docker's helpers say `<token>` for a user name where the secret is a refresh token. */
const TOKEN_USER = '<token>'

async function fromHelper(helper: string, server: string): Promise<Credentials | undefined> {
  const { status, output } = await runHelper(helper, 'get', server)
  if (status !== 0) {
    // every helper says so in its output, and ends with 1
    if (/not found/i.test(output)) return undefined
    throw new CredentialsError(`docker-credential-${helper}`, `docker-credential-${helper} failed for ${server} (status ${status})`)
  }
  const { Username, Secret } = parseObjectOf(output, `docker-credential-${helper}`)
  if (typeof Secret !== 'string' || typeof Username !== 'string' || Secret === '') return undefined
  return Username === TOKEN_USER ? { identityToken: Secret } : { username: Username, password: Secret }
}

function helperForm(server: string, credentials: Credentials) {
  if ('username' in credentials) return { ServerURL: server, Username: credentials.username, Secret: credentials.password }
  if ('identityToken' in credentials) return { ServerURL: server, Username: TOKEN_USER, Secret: credentials.identityToken }
  throw new CredentialsError(server, 'A helper can’t keep a bearer token: they last minutes; log in with a user name or a refresh token')
}

function entryOf(credentials: Credentials): Record<string, string> {
  if ('username' in credentials) return { auth: Buffer.from(`${credentials.username}:${credentials.password}`, 'utf8').toString('base64') }
  return 'identityToken' in credentials ? { identitytoken: credentials.identityToken } : { registrytoken: credentials.registryToken }
}

/** Changes the entries and leaves everything else in the file as it is. */
function change(path: string, work: (auths: Record<string, unknown>) => void): void {
  const document = parseObjectOf(readText(path) ?? '{}', path)
  const auths: Record<string, unknown> = isObject(document.auths) ? document.auths : Object.create(null)
  work(auths)
  document.auths = auths
  writeText(path, `${JSON.stringify(document, null, 2)}\n`)
}
