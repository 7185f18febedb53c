import type { Digest } from '@layerwright/digest'
import type { Descriptor, ImageLayer } from '@layerwright/image'
import type { Transport } from './http/transport.js'
import type { RegistryLimits } from './limits.js'

/** Bytes of a known size that can be read from any place on (`Content` of @layerwright/vfs). */
export type Content = ImageLayer['content']

/** What a registry is told about who asks. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  /** A refresh token, as `docker login` gets from some token servers. */
  | { readonly identityToken: string }
  /** A bearer token that is used as it is. */
  | { readonly registryToken: string }

/** Gives the credentials for a registry as references name it (`docker.io`, `localhost:5000`), or undefined for none. */
export type CredentialSource = (registry: string) => Credentials | undefined | Promise<Credentials | undefined>

export type RegistryEvent =
  /** Bytes of a blob that have arrived, or were sent; after a failure it goes back to what the registry has. */
  | {
      readonly type: 'blob.progress'
      readonly direction: 'pull' | 'push'
      readonly repository: string
      readonly digest: Digest
      readonly done: number
      readonly size: number
    }
  | {
      readonly type: 'blob.finished'
      readonly direction: 'pull' | 'push'
      readonly repository: string
      readonly digest: Digest
      readonly size: number
      /** present: the registry had it; mounted: it took it from another of its repositories. */
      readonly outcome: 'downloaded' | 'uploaded' | 'mounted' | 'present'
    }
  | { readonly type: 'retry'; readonly subject: string; readonly reason: string; readonly attempt: number; readonly waitMs: number }

export interface RegistryOptions {
  /** Default: the global `fetch`. Must not follow redirects when it is told `redirect: 'manual'`. */
  readonly fetch?: typeof fetch
  /** Makes the requests in the place of `fetch`; `nodeTransport` of the `/node` entry streams uploads. */
  readonly transport?: Transport
  readonly credentials?: CredentialSource
  /**
   * How to reach a registry: `http`, `https`, or undefined for the default, which is plain http for this machine (`localhost`, 127.0.0.0/8, [::1]) and
   * https for everything else.
   */
  readonly scheme?: (registry: string) => 'http' | 'https' | undefined
  /** Other hosts of a registry's images, tried in order before the registry itself; only for reading. Keys and values as references name registries. */
  readonly mirrors?: ReadonlyMap<string, readonly string[]>
  /** Hosts of token servers that may get a registry's password though they are neither its host nor in its domain. */
  readonly realms?: readonly string[]
  readonly limits?: Partial<RegistryLimits>
  readonly onEvent?: (event: RegistryEvent) => void
  readonly signal?: AbortSignal
  /** Waits; ends early with the signal's reason. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** A number from 0 up to 1, for the spread of the waits. */
  readonly random?: () => number
}

/** A manifest, an index, or any other document that a registry keeps under its manifests: bytes and what they are. Never rewritten. */
export interface RawManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** An entry of the list of what refers to a manifest. */
export type Referrer = Descriptor & { readonly artifactType?: string }

/** Blobs of one repository. */
export interface RepositoryBlobs {
  /** Bytes there are of it; undefined: it is not there. */
  size(digest: Digest): Promise<number | undefined>
  /** Its bytes, fetched when they are read; resumed where the connection breaks. Read as a whole they are verified: size and digest at the end (S38). */
  open(descriptor: Pick<Descriptor, 'digest' | 'size'>): Content
  /** The same, not verified: for readers that verify themselves. */
  openUnverified(descriptor: Pick<Descriptor, 'digest' | 'size'>): Content
  /**
   * Brings a blob, unless it is there. `mountFrom`: repositories of the same registry that may have it.
   * The registry verifies the digest.
   */
  upload(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    content: Content,
    options?: { readonly mountFrom?: readonly string[] },
  ): Promise<'uploaded' | 'mounted' | 'present'>
  /** Asks the registry to take it from another of its repositories; false: it wants the bytes. */
  mount(digest: Digest, from: string): Promise<boolean>
  delete(digest: Digest): Promise<void>
}

/** Manifests of one repository, by tag or digest. */
export interface RepositoryManifests {
  /** @throws RegistryError NOT_FOUND, DIGEST_MISMATCH; ImageError DOCUMENT_AMBIGUOUS (S34) */
  get(tagOrDigest: string): Promise<RawManifest>
  /** What there is under a name, without its bytes; undefined: nothing. */
  head(tagOrDigest: string): Promise<Descriptor | undefined>
  /** Its blobs must be there. One with a `subject` is listed among that one's referrers, also where the registry does not do it itself. */
  put(bytes: Uint8Array, mediaType: string, tagOrDigest: string): Promise<Descriptor>
  /** A registry that does not allow it answers with REJECTED. */
  delete(tagOrDigest: string): Promise<void>
}

/** One repository of a registry. */
export interface Repository {
  /** As references name them. */
  readonly registry: string
  readonly name: string
  readonly blobs: RepositoryBlobs
  readonly manifests: RepositoryManifests
  /** In the registry's order, page by page. */
  tags(): AsyncIterable<string>
  /** What refers to a manifest (signatures, SBOMs): by the referrers API, else by the tag schema (distribution-spec, "Referrers Tag Schema"). */
  referrers(digest: Digest, artifactType?: string): Promise<readonly Referrer[]>
}

/** A connection to any number of registries: tokens are kept in it. */
export interface RegistryClient {
  readonly concurrency: number
  /** @throws InvalidReferenceError */
  repository(reference: string): Repository
  /** Names of a registry's repositories, where it tells them. */
  catalog(registry: string): AsyncIterable<string>
  /** Makes sure that the registry takes the credentials. @throws RegistryError UNAUTHORIZED */
  check(registry: string): Promise<void>
}
