import type { LayerLimits } from '../limits.js'
import type { PlainHeader } from '../tar/plain.js'
import type { ColumnsBuilder } from './builder.js'

/** What a name in the name field can reach at most: 100 bytes, 50 components. */
const NAME = 100
const DEPTH = 50

/**
 * Takes a member with a plain header into the columns where its name is plain too. Everything else is left to `collectMember`, which this one agrees with, only
 * faster: nearly all members of a layer come this way. The header stands at `at`; its data at `offset` of the tar.
 */
export function collectPlain(
  builder: ColumnsBuilder,
  header: PlainHeader,
  bytes: Uint8Array,
  words: Uint32Array,
  at: number,
  offset: number,
  limits: LayerLimits,
): boolean {
  if (limits.nameBytes < NAME || limits.pathBytes < NAME || limits.depth < DEPTH) return false
  return builder.addPlain(header, bytes, words, at, offset)
}
