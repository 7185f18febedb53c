import { LayerLimitError } from '../errors.js'
import type { LayerLimits } from '../limits.js'

/** Counts what goes into a decoder and what comes out, and ends it while it runs when it inflates too much (S15). */
export function inflateCaps(limits: LayerLimits): {
  readonly input: (chunk: Uint8Array) => void
  readonly output: (chunk: Uint8Array) => void
} {
  let read = 0
  let written = 0
  return {
    input: (chunk) => {
      read += chunk.length
    },
    output: (chunk) => {
      written += chunk.length
      if (written > limits.totalBytes) throw new LayerLimitError('totalBytes', limits.totalBytes, 'What the compressed data unpacks to')
      if (written > limits.ratioFrom && written > read * limits.ratio)
        throw new LayerLimitError('ratio', limits.ratio, 'The factor by which the compressed data grows')
    },
  }
}
