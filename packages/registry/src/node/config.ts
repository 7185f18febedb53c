import { CredentialsError } from '../errors.js'
import { isObject, jsonObject } from '../http/body.js'
import type { Credentials } from '../types.js'

/** Docker's `config.json`, as far as it is about credentials. */
export interface DockerConfig {
  /** By the name of the registry as it is written there. */
  readonly auths: ReadonlyMap<string, Credentials | undefined>
  /** Helper by registry. */
  readonly helpers: ReadonlyMap<string, string>
  /** Helper for all others. */
  readonly store: string | undefined
}

/** Under this name Docker keeps what is for docker.io. */
const DOCKER_HUB = 'https://index.docker.io/v1/'

/** The name under which Docker keeps a registry's credentials. */
export const serverOf = (registry: string): string => (registry === 'docker.io' ? DOCKER_HUB : registry)

/** @throws CredentialsError */
export function parseObjectOf(text: string, subject: string): Record<string, unknown> {
  const document = jsonObject(new TextEncoder().encode(text))
  if (!document) throw new CredentialsError(subject, `${subject} is no JSON object: mend it, or move it away and log in again`)
  return document
}

/** Reads the file's text. `subject` is its name, for messages. @throws CredentialsError */
export function parseDockerConfig(text: string, subject: string): DockerConfig {
  const { auths, credHelpers, credsStore } = parseObjectOf(text, subject)
  return {
    auths: new Map(entries(auths).map(([name, entry]) => [name, credentialsOf(entry, name, subject)])),
    helpers: new Map(entries(credHelpers).flatMap(([name, helper]) => (typeof helper === 'string' ? [[name, helper]] : []))),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  }
}

const entries = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : [])

function credentialsOf(entry: unknown, name: string, subject: string): Credentials | undefined {
  if (!isObject(entry)) return undefined
  const { auth, identitytoken, registrytoken, username, password } = entry
  if (typeof identitytoken === 'string' && identitytoken !== '') return { identityToken: identitytoken }
  if (typeof registrytoken === 'string' && registrytoken !== '') return { registryToken: registrytoken }
  if (typeof auth === 'string' && auth !== '') {
    const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const at = pair.indexOf(':')
    if (at < 1) throw new CredentialsError(subject, `${subject}: the entry of ${name} is no user name and password: log in again`)
    return { username: pair.slice(0, at), password: pair.slice(at + 1) }
  }
  return typeof username === 'string' && username !== '' && typeof password === 'string' ? { username, password } : undefined
}

/** What is kept for a registry, under whichever of the names that tools have used. */
export function entryFor<T>(kept: ReadonlyMap<string, T>, registry: string): T | undefined {
  const exact = kept.get(serverOf(registry)) ?? kept.get(registry)
  if (exact !== undefined) return exact
  for (const [name, value] of kept) if (value !== undefined && hostIn(name) === hostIn(serverOf(registry))) return value
  return undefined
}

/** `https://host/v1/` and `host` are the same registry. */
const hostIn = (name: string): string =>
  name
    .replace(/^https?:\/\//, '')
    .split('/')[0]!
    .toLowerCase()
