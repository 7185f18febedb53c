import { compressGzip, compressZstd } from '@layerwright/layer/node'
import type { Compressors } from '../forms.js'

/** gzip and zstd on several threads: the same bytes for the same input, level and encoder. */
export const compressors: Required<Compressors> = { gzip: compressGzip, zstd: compressZstd }
