/** The identity of bytes: `sha256:` and 64 lower-case hex digits (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = `sha256:${string}`

/** A running sha256. Synchronous in Node and, after `await ready()`, in the browser. */
export interface Hasher {
  update(bytes: Uint8Array): this
  /** Ends the hash; the hasher must not be used afterwards. */
  digest(): Digest
}
