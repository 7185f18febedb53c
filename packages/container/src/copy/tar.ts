import { type TarEntry, tarTree, writeLayer } from '@layerwright/layer'
import { upperChanges } from '@layerwright/vfs'
import { nothing } from '../state/trees.js'

const BLOCK = 512
const encoder = new TextEncoder()

/** Members as a tar, canonical: sorted, hard links behind their first name. `.` is written as the directory that everything goes into. */
export async function tarOf(entries: readonly TarEntry[], write: (bytes: Uint8Array) => void): Promise<void> {
  const root = entries.find(({ name, kind }) => name === '.' && kind === 'dir')
  if (root) write(rootHeader(root))
  const tree = tarTree(
    entries.filter(({ name }) => name !== '.'),
    { climbing: 'refuse' },
  )
  await writeLayer(upperChanges(nothing, tree), write)
}

/** The header of `./` (POSIX ustar): a layer never has one, an archive of a directory's contents does. */
function rootHeader({ mode, uid, gid, mtimeNs }: TarEntry): Uint8Array {
  const header = new Uint8Array(BLOCK)
  const text = (at: number, value: string): void => void header.set(encoder.encode(value), at)
  text(0, './')
  number(header, 100, 8, mode)
  number(header, 108, 8, uid)
  number(header, 116, 8, gid)
  number(header, 124, 12, 0)
  number(header, 136, 12, Math.max(0, Number(mtimeNs / 1_000_000_000n)))
  text(148, '        ')
  text(156, '5')
  text(257, 'ustar\u000000')
  const sum = header.reduce((total, byte) => total + byte, 0)
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return header
}

/** A number field: octal where it fits, else big-endian behind a marker (GNU). */
function number(header: Uint8Array, at: number, length: number, value: number): void {
  if (value < 8 ** (length - 1)) {
    header.set(encoder.encode(value.toString(8).padStart(length - 1, '0')), at)
    return
  }
  let rest = BigInt(value)
  for (let index = at + length - 1; index > at; index--, rest >>= 8n) header[index] = Number(rest & 0xffn)
  header[at] = 0x80
}
