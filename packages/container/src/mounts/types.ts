/** A mount as it is asked for: the long form (`--mount`) as data. The short forms are parsed to this or to `MountPoint`. */
export interface MountRequest {
  readonly type: 'bind' | 'volume' | 'tmpfs'
  /** Volume name or absolute host path; absent for a tmpfs and for an anonymous volume. */
  readonly source?: string
  readonly target: string
  readonly readonly?: boolean
  readonly volume?: VolumeMountOptions
  readonly bind?: { readonly propagation?: string; readonly nonRecursive?: boolean }
  readonly tmpfs?: { readonly size?: number; readonly mode?: number }
}

export interface VolumeMountOptions {
  /** Don't fill an empty volume from the image. */
  readonly nocopy?: boolean
  /** For the volume, where the mount has to create it. */
  readonly labels?: Readonly<Record<string, string>>
  readonly driver?: string
  readonly driverOptions?: Readonly<Record<string, string>>
  /** A directory or file of the volume that is mounted in the volume's place; it has to exist. */
  readonly subpath?: string
}

/** One line of a container's mount table, as its record keeps it. Plain data. */
export interface MountPoint {
  readonly type: 'bind' | 'volume' | 'tmpfs'
  /** Absolute and clean, as asked for; links on the way are followed when it is mounted. */
  readonly destination: string
  readonly rw: boolean
  /** The options as text, where the short form was used. */
  readonly mode: string
  /** Volume name. */
  readonly name?: string
  /** Absolute host path. */
  readonly source?: string
  /** Fill the volume from the image at create. */
  readonly copy?: boolean
  /** The volume was made for this container and has a generated name. */
  readonly anonymous?: boolean
  readonly subpath?: string
  /** Make a missing host folder at start (short form). */
  readonly createSource?: boolean
  readonly tmpfs?: {
    readonly mode?: number
    readonly size?: number
    readonly uid?: number
    readonly gid?: number
    readonly noexec?: boolean
  }
}
