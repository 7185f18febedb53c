import type { Image } from '@layerwright/image'
import { compressors } from '@layerwright/image/node'
import type { Store } from '@layerwright/store'
import {
  openRegistry as openWith,
  type PushedImage,
  type PushOptions,
  pushImage as pushWith,
  type RegistryClient,
  type RegistryOptions,
} from '../index.js'
import { openCredentials } from './credentials.js'
import { nodeTransport } from './http.js'
import { withScratchStore } from './scratch.js'

export { CredentialsError } from '../errors.js'
export { type DockerConfig, parseDockerConfig } from './config.js'
export { type CredentialStore, openCredentials } from './credentials.js'
export { nodeTransport } from './http.js'

/** As `openRegistry` of the main entry, with the credentials of this user's Docker configuration, over node:http unless a `fetch` is given. */
export const openRegistry = (options: RegistryOptions = {}): RegistryClient =>
  openWith({ credentials: openCredentials().get, ...(options.fetch ? {} : { transport: nodeTransport() }), ...options })

/** As `pushImage` of the main entry, with this user's credentials and compressors of Node. Without a store, layers are compressed into a folder that is gone afterwards. */
export async function pushImage(reference: string, images: Image | readonly Image[], options: PushOptions = {}): Promise<PushedImage> {
  const push = (store?: Store) =>
    pushWith(reference, images, { compressors, ...(store ? { store } : {}), ...options, client: options.client ?? openRegistry() })
  return options.store || options.compression === 'none' ? push() : withScratchStore(push)
}
