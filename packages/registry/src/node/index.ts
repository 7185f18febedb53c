import type { Image } from '@layerwright/image'
import {
  openRegistry as openWith,
  type PushedImage,
  type PushOptions,
  pushImage as pushWith,
  type RegistryClient,
  type RegistryOptions,
} from '../index.js'
import { openCredentials } from './credentials.js'
import { compressGzip } from './gzip.js'

export { CredentialsError } from '../errors.js'
export { type DockerConfig, parseDockerConfig } from './config.js'
export { type CredentialStore, openCredentials } from './credentials.js'
export { compressGzip } from './gzip.js'

/** As `openRegistry` of the main entry, with the credentials of this user's Docker configuration. */
export const openRegistry = (options: RegistryOptions = {}): RegistryClient => openWith({ credentials: openCredentials().get, ...options })

/** As `pushImage` of the main entry, with this user's credentials and the gzip of Node. */
export const pushImage = (reference: string, images: Image | readonly Image[], options: PushOptions = {}): Promise<PushedImage> =>
  pushWith(reference, images, { compress: compressGzip, ...options, client: options.client ?? openRegistry() })
