/** An index that came from elsewhere, without its tar: what is in it nobody has verified yet. */
import type { Digest } from '@layerwright/digest'
import { byteLengthOf } from '@layerwright/vfs'
import { IndexFormatError, LayerError, LayerLimitError } from '../errors.js'
import { type LayerLimits, layerLimits } from '../limits.js'
import type { LayerIndex } from '../types.js'
import { KIND_OF } from './builder.js'
import { decodeIndex, encodeIndex } from './codec.js'
import { makeIndex } from './index.js'
import { cleanPath } from './paths.js'
import { meaningOf } from './whiteouts.js'

/**
 * Takes an index whose tar is not here, by the rules that its tar would be taken by: names, link targets, the root, limits. That it is the index of that tar only the
 * tar can tell: compare with `sameIndex` when it comes.
 * @param bytes must not be changed afterwards
 * @throws IndexFormatError for what no tar could have given, or what another kind of machine has written
 */
export function readForeignIndex(bytes: Uint8Array, diffId: Digest, limits: Partial<LayerLimits> = {}): LayerIndex {
  try {
    const index = decodeIndex(bytes)
    if (index.diffId !== diffId) throw new IndexFormatError('it is of another layer')
    checkRows(index, { ...layerLimits, ...limits })
    return index
  } catch (error) {
    if (error instanceof LayerError || error instanceof LayerLimitError) throw new IndexFormatError(error.message)
    throw error
  }
}

function checkRows({ columns: { count, kinds, paths, targets, order, sizes } }: LayerIndex, limits: LayerLimits): void {
  if (count > limits.entries) throw new LayerLimitError('entries', limits.entries, `An index of ${count} entries`)
  const placed = new Uint8Array(order ? count : 0)
  for (let row = 0; row < count; row++) {
    const path = paths[row]!
    const kind = kinds[row]!
    const marks = kind === KIND_OF.whiteout || kind === KIND_OF.opaque
    if (cleanPath(path, 'refuse', limits) !== path || (!marks && meaningOf(path).kind !== 'entry'))
      throw new IndexFormatError(`it has the path ${JSON.stringify(path.slice(0, 100))}`)
    if (path === '' && kind !== KIND_OF.dir && kind !== KIND_OF.opaque) throw new IndexFormatError('its root is no directory')
    const target = targets.get(row) ?? ''
    if (
      kind === KIND_OF.hardlink &&
      (target === '' || cleanPath(target, 'refuse', limits) !== target || meaningOf(target).kind !== 'entry')
    )
      throw new IndexFormatError(`it has a hard link to ${JSON.stringify(target.slice(0, 100))}`)
    if (byteLengthOf(target) > limits.pathBytes || sizes[row]! > limits.entryBytes) throw new IndexFormatError('it goes beyond a limit')
    if (!order) continue
    if (placed[order[row]!] === 1) throw new IndexFormatError('it is damaged')
    placed[order[row]!] = 1
  }
}

/** Whether two indexes say the same of one tar. Digests of files count where both know them: not every writer knows all. */
export function sameIndex(a: LayerIndex, b: LayerIndex): boolean {
  return sameBytes(encodeIndex(withDigestsOf(a, b)), encodeIndex(withDigestsOf(b, a)))
}

/** An index with digests only where another has them too. */
function withDigestsOf(index: LayerIndex, { columns: { hashed } }: LayerIndex): LayerIndex {
  const digests = index.columns.digests.slice()
  const both = index.columns.hashed.map((known, row) => {
    if (known && hashed[row]) return 1
    digests.fill(0, row * 32, row * 32 + 32)
    return 0
  })
  return makeIndex(index.diffId, index.size, { ...index.columns, hashed: both, digests })
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at])
