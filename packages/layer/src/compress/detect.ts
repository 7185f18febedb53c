/** Forms in which a layer or an archive may come. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz'

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
]

/** Bytes that `detectCompression` wants to see. */
export const MAGIC_BYTES = 6

/** The form, by the first bytes (`MAGIC_BYTES` of them are enough); `none` for everything else. */
export function detectCompression(bytes: Uint8Array): Compression {
  for (const [kind, magic] of MAGIC) if (bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)) return kind
  // A zstd stream may begin with a skippable frame: 0x184D2A50 to 5F, little-endian.
  if (bytes.length >= 4 && (bytes[0]! & 0xf0) === 0x50 && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18) return 'zstd'
  return 'none'
}

const MEDIA_TYPES: ReadonlyMap<string, Compression> = new Map(
  (
    [
      ['application/vnd.oci.image.layer.v1.tar', 'none'],
      ['application/vnd.oci.image.layer.v1.tar+gzip', 'gzip'],
      ['application/vnd.oci.image.layer.v1.tar+zstd', 'zstd'],
      ['application/vnd.oci.image.layer.nondistributable.v1.tar', 'none'],
      ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
      ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'zstd'],
      ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
      ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
      ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
      ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'none'],
      ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
    ] as const
  ).map(([type, kind]) => [type, kind]),
)

/** How a layer of this media type is compressed; undefined: it is no media type of a layer that can be read. */
export const compressionOf = (mediaType: string): Compression | undefined => MEDIA_TYPES.get(mediaType)
