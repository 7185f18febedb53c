/** What callers give to be written. */
import { memoryContent, textContent } from '../content/memory.js'
import { limits } from '../limits.js'
import type { Content } from '../types.js'

export const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= limits.fileBytes

export const bytesOf = (data: Uint8Array | string | Content): Uint8Array | Content =>
  data instanceof Uint8Array ? data : typeof data === 'string' ? new TextEncoder().encode(data) : data

// The caller may use its buffer again, so bytes are copied; a Content is taken as it is.
export const contentOf = (data: Uint8Array | string | Content): Content =>
  data instanceof Uint8Array ? memoryContent(data.slice()) : typeof data === 'string' ? textContent(data) : data
