import { type Digest, readDigest } from '@layerwright/digest'
import type { LayerColumns, LayerIndex, LayerRow } from '../types.js'
import { KIND_OF, ROW_KINDS } from './builder.js'
import { comparePaths } from './paths.js'

const NANOS = 1_000_000_000n

/** mtime of a row in nanoseconds. */
export const mtimeOf = (columns: LayerColumns, row: number): bigint => BigInt(columns.seconds[row]!) * NANOS + BigInt(columns.nanos[row]!)

/** The noun over its columns. */
export function makeIndex(diffId: Digest, size: number, columns: LayerColumns): LayerIndex {
  let entries = 0
  for (let i = 0; i < columns.count; i++) if (columns.kinds[i]! < KIND_OF.whiteout) entries++

  function row(i: number): LayerRow {
    const device = columns.devices.get(i)
    return {
      kind: ROW_KINDS[columns.kinds[i]!]!,
      path: columns.paths[i]!,
      mode: columns.modes[i]!,
      uid: columns.uids[i]!,
      gid: columns.gids[i]!,
      mtimeNs: mtimeOf(columns, i),
      size: columns.sizes[i]!,
      offset: columns.offsets[i]!,
      digest: columns.hashed[i] ? readDigest(columns.digests, i * 32) : undefined,
      target: columns.targets.get(i),
      major: device?.[0] ?? 0,
      minor: device?.[1] ?? 0,
      xattrs: columns.xattrs.get(i),
      sparse: columns.sparse.get(i),
    }
  }

  return {
    diffId,
    size,
    entries,
    columns,
    row,
    find(path) {
      // The last row whose path is not behind the one that is looked for.
      let low = 0
      let high = columns.count
      while (low < high) {
        const middle = (low + high) >>> 1
        if (comparePaths(columns.paths[middle]!, path) <= 0) low = middle + 1
        else high = middle
      }
      for (let i = low - 1; i >= 0 && columns.paths[i] === path; i--) if (columns.kinds[i]! < KIND_OF.whiteout) return row(i)
      return undefined
    },
  }
}
