import type { CacheOptions, CacheStrength, MaxAge } from '@layerwright/build'
import { UsageError } from './errors.js'

/** The flags of commands that look into the build cache. */
export interface CacheFlags {
  readonly cacheStrength: CacheStrength
  /** commander's name for --no-cache-filter */
  readonly cacheFilter: string[]
  readonly maxAge: string[]
}

/** @throws UsageError */
export function readCacheFlags({ cacheStrength, cacheFilter, maxAge }: CacheFlags): CacheOptions {
  return { strength: cacheStrength, refresh: cacheFilter.flatMap((names) => names.split(',')), maxAge: maxAge.map(readMaxAge) }
}

const UNIT_MS = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** `12h`, `build=12h`, `0.3=90s`. */
function readMaxAge(text: string): MaxAge {
  const at = text.lastIndexOf('=')
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.slice(at + 1))
  if (!match || at === 0)
    throw new UsageError(`--max-age ${text}: not a duration`, 'write 90s, 30m, 12h or 7d, with STAGE= in front for one stage')
  const ms = Number(match[1]) * UNIT_MS.get(match[2]!)!
  return at < 0 ? { ms } : { of: text.slice(0, at), ms }
}
