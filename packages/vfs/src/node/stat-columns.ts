/** What a stat cache knows as columns, and these as bytes. */
import { DIGEST_BYTES } from '@layerwright/digest'
import { decodeName, encodeName } from '../names.js'

const MAGIC = 'layerwright stat cache 2\n'
/** In the machine's byte order: a cache from another kind of machine is none. */
const ORDER = 0x01020304
/** Magic, then the order, the number of files and the bytes of their paths; the columns begin at a multiple of 8. */
const HEAD = 40

/** Numbers of a file: size, mtime, ctime, inode, mode, the moment. */
export const NUMBERS = 6
/** Words of 32 bits that its digest takes. */
export const WORDS = DIGEST_BYTES / 4

/** Files in the order of a walk. */
export interface Columns {
  readonly paths: readonly string[]
  /** `NUMBERS` for each. */
  readonly numbers: Float64Array
  /** `WORDS` for each. */
  readonly digests: Uint32Array
}

export const NO_COLUMNS: Columns = { paths: [], numbers: new Float64Array(0), digests: new Uint32Array(0) }

/** The head and the paths of columns as bytes, and the other columns, still empty, laid over them. */
export function makeColumns(paths: readonly string[]): Columns & { readonly bytes: Uint8Array } {
  // A path holds no NUL, so NUL separates them.
  const text = encodeName(paths.join('\0'))
  const count = paths.length
  const digestsAt = HEAD + count * NUMBERS * 8
  const bytes = new Uint8Array(digestsAt + count * DIGEST_BYTES + text.length)
  const { buffer } = bytes
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i)
  new Uint32Array(buffer, HEAD - 12, 3).set([ORDER, count, text.length])
  bytes.set(text, digestsAt + count * DIGEST_BYTES)
  return {
    paths,
    numbers: new Float64Array(buffer, HEAD, count * NUMBERS),
    digests: new Uint32Array(buffer, digestsAt, count * WORDS),
    bytes,
  }
}

/** The columns back from their bytes, over which they are laid; undefined for bytes that are none. */
export function readColumns(given: Uint8Array): Columns | undefined {
  if (given.length < HEAD) return undefined
  // Columns are laid over the bytes, which have to begin at a multiple of 8 for that.
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice()
  const { buffer, byteOffset: base } = bytes
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC.charCodeAt(i)) return undefined
  const [order, count = 0, pathBytes = 0] = new Uint32Array(buffer, base + HEAD - 12, 3)
  const digestsAt = HEAD + count * NUMBERS * 8
  const start = digestsAt + count * DIGEST_BYTES
  if (order !== ORDER || bytes.length !== start + pathBytes) return undefined
  const paths = count === 0 ? [] : decodeName(bytes.subarray(start)).split('\0')
  if (paths.length !== count) return undefined
  return {
    paths,
    numbers: new Float64Array(buffer, base + HEAD, count * NUMBERS),
    digests: new Uint32Array(buffer, base + digestsAt, count * WORDS),
  }
}
