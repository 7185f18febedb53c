export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh'
export type MountSharing = 'shared' | 'private' | 'locked'

/** A `RUN --mount` read in full. Texts are `''` and numbers `null` where the option was not given. */
export interface Mount {
  readonly type: MountType
  /** A stage, a named context or an image; bind and cache. */
  readonly from: string
  readonly source: string
  readonly target: string
  readonly readonly: boolean
  /** Bytes, for tmpfs; 0 without a limit. */
  readonly sizeLimit: number
  readonly id: string
  readonly sharing: MountSharing | ''
  /** secret and ssh: the build fails where the client has none. */
  readonly required: boolean
  /** secret: the environment variable that gets the value; `null` where not given. */
  readonly env: string | null
  /** Permission bits as a number (0755 is 493). */
  readonly mode: number | null
  readonly uid: number | null
  readonly gid: number | null
}
