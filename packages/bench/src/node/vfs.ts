import type { MeasureOptions } from '../measure.js'
import type { BenchReport } from '../report.js'
import { benchIndex, benchLayers } from './vfs-layers.js'
import { benchMemory } from './vfs-memory.js'
import { benchPack } from './vfs-pack.js'
import { benchDiff, benchFork } from './vfs-trees.js'

export interface VfsBenchOptions extends MeasureOptions {
  /** Files of the folder that is packed, and members of the layer that is indexed; 30,000 by default. */
  readonly files?: number
  /** Bytes of the layer that is indexed; 180 MB by default. */
  readonly layerBytes?: number
  /** Entries of the trees that are compared, forked and held in memory; 60,000 by default. */
  readonly entries?: number
  /** Whether memory is measured, in processes of their own that run the compiled packages. Default true. */
  readonly memory?: boolean
}

/** The filesystem and its layers, each against the least that any tool would have to do. */
export async function benchVfs(options: VfsBenchOptions = {}): Promise<BenchReport> {
  const { files = 30_000, layerBytes = 180_000_000, entries = 60_000, memory = true } = options
  return {
    bench: 'vfs',
    runtime: `node ${process.version}`,
    rows: [
      ...(await benchPack(files, options)),
      ...(await benchIndex(files, layerBytes, options)),
      await benchLayers(120, options),
      await benchDiff(entries, options),
      await benchFork(entries, options),
      ...(memory ? [await benchMemory(entries)] : []),
    ],
  }
}
