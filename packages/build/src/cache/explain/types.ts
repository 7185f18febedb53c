import type { Digest } from '@layerwright/digest'
import type { StepInfo } from '../../types.js'
import type { CacheStrength } from '../options.js'

/** Why the cache has a step, or why not: for people by `words`, for programs by the rest. */
export interface Explanation {
  readonly version: 1
  readonly step: StepInfo
  readonly strength: CacheStrength
  readonly key: Digest
  readonly inputs: readonly (readonly [name: string, value: string])[]
  readonly hit: boolean
  /** One sentence. */
  readonly reason: string
  /** Of a hit: the result that is used. Of a miss: the nearest earlier one. Absent where nothing is known of the step. */
  readonly earlier?: EarlierStep
  /** What differs from the earlier result, what matters most first. Empty for a hit. */
  readonly causes: readonly Cause[]
}

export interface EarlierStep {
  readonly key: Digest
  readonly instruction: string
  /** Milliseconds since 1970. */
  readonly madeAt: number
  /** Why it ran then. */
  readonly reason?: string
}

/** One difference. */
export interface Cause {
  /** Name of the input: docs/cache.md. */
  readonly input: string
  readonly words: string
  readonly before?: string
  readonly now?: string
  /** Of sources: the files that differ, as far as the earlier layer is still there. */
  readonly files?: readonly FileDifference[]
}

export interface FileDifference {
  /** In the image, absolute. */
  readonly path: string
  readonly change: 'new' | 'gone' | 'content' | 'mode' | 'owner' | 'time' | 'type'
  /** Lines that differ, of a text whose content changed. */
  readonly lines?: number
}
