import {
  CompressionError,
  DiffIdMismatchError,
  IndexFormatError,
  LayerError,
  LayerLimitError,
  MediaTypeError,
  TarError,
} from '@layerwright/layer'
import { CacheEntryRefusedError } from '../../errors.js'

/** Codes of errors that say something of one entry, and nothing of the place: that others there are as good as before. */
const ABOUT_ENTRY: ReadonlySet<unknown> = new Set(['NOT_FOUND', 'DIGEST_MISMATCH', 'SIZE_MISMATCH', 'BLOB_MISSING', 'FILE_MISSING'])

/** Whether an error is about what a place has, not about the place. */
export const isAboutEntry = (error: unknown): boolean =>
  error instanceof CacheEntryRefusedError ||
  error instanceof CompressionError ||
  error instanceof DiffIdMismatchError ||
  error instanceof IndexFormatError ||
  error instanceof LayerError ||
  error instanceof LayerLimitError ||
  error instanceof MediaTypeError ||
  error instanceof TarError ||
  ABOUT_ENTRY.has((error as { code?: unknown } | null)?.code)
