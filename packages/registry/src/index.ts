export { type RegistryArtifacts, registryArtifacts } from './artifacts.js'
export { openRegistry } from './client.js'
export { copyImage, tagRemote } from './copy.js'
export { RegistryError, type RegistryErrorCode, type RegistryErrorOptions } from './errors.js'
export { redactUrl } from './http/hosts.js'
export type { HttpBody, HttpHeaders, HttpReader, HttpRequest, HttpResponse, StreamBody, Transport } from './http/transport.js'
export { type RegistryLimits, registryLimits } from './limits.js'
export { openRegistryImage, repositorySource } from './pull.js'
export { type PushedImage, type PushOptions, pushImage } from './push.js'
export type {
  Content,
  CredentialSource,
  Credentials,
  RawManifest,
  Referrer,
  RegistryClient,
  RegistryEvent,
  RegistryOptions,
  Repository,
  RepositoryBlobs,
  RepositoryManifests,
} from './types.js'
