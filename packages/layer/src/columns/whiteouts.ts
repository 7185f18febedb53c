import { LayerError } from '../errors.js'
import { nameOf, parentOf } from './paths.js'

/** Begins the name of a whiteout (image-spec layer.md, "Whiteouts"). */
export const WHITEOUT = '.wh.'
/** A marker for the directory it lies in: nothing of lower layers shows through. */
export const OPAQUE = '.wh..wh..opq'
/** What aufs kept for itself; image tools have always passed over it. */
const AUFS = new Set(['.wh..wh.aufs', '.wh..wh.orph', '.wh..wh.plnk'])

/** What a clean path means: an ordinary entry, a whiteout of a path, an opaque directory, or nothing at all. */
export type Meaning =
  | { readonly kind: 'entry' }
  | { readonly kind: 'whiteout' | 'opaque'; readonly path: string }
  | { readonly kind: 'ignored' }

const ENTRY: Meaning = { kind: 'entry' }

/**
 * Reads the meaning off the name (S13: names only).
 * @throws LayerError LAYER_WHITEOUT_INVALID for a whiteout of nothing, of `.` or `..`, an unknown `.wh..wh.` name, and for anything below a whiteout (S14).
 */
export function meaningOf(path: string): Meaning {
  if (!path.includes(WHITEOUT)) return ENTRY
  const parts = path.split('/')
  const marked = parts.findIndex((part) => part.startsWith(WHITEOUT))
  if (marked < 0) return ENTRY
  const mark = parts[marked]!
  if (AUFS.has(mark)) return { kind: 'ignored' }
  if (marked < parts.length - 1) throw new LayerError('LAYER_WHITEOUT_INVALID', path, 'it lies below a whiteout')
  const parent = parentOf(path)
  if (mark === OPAQUE) return { kind: 'opaque', path: parent }
  const name = mark.slice(WHITEOUT.length)
  if (name === '' || name === '.' || name === '..') throw new LayerError('LAYER_WHITEOUT_INVALID', path, 'it is a whiteout of no name')
  if (name.startsWith(WHITEOUT)) throw new LayerError('LAYER_WHITEOUT_INVALID', path, 'names that begin with ".wh..wh." are reserved')
  return { kind: 'whiteout', path: parent === '' ? name : `${parent}/${name}` }
}

/** The member's path for a whiteout of `path`. */
export function whiteoutPath(path: string): string {
  const parent = parentOf(path)
  const mark = WHITEOUT + nameOf(path)
  return parent === '' ? mark : `${parent}/${mark}`
}
