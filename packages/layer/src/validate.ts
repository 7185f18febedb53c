/** `validateLayer`: everything that a layer says about itself, looked at again. */
import { createHasher } from '@layerwright/digest'
import { sameXattrs } from '@layerwright/vfs'
import { treeOf } from './apply/tree.js'
import { indexLayer } from './columns/build.js'
import type { LayerLimits } from './limits.js'
import type { Layer, LayerIndex, LayerRow } from './types.js'

/** One thing that is wrong with a layer. */
export interface LayerFault {
  /** Stable: `SIZE_MISMATCH`, `DIFF_ID_MISMATCH`, `INDEX_MISMATCH`, or the code of the error that reading it ends with. */
  readonly code: string
  /** The member it is about, where it is about one. */
  readonly path: string | undefined
  readonly message: string
}

/**
 * Recomputes every claim of a layer and reports all that is wrong at once: size and digest of the tar, each row of the index with the digest of its
 * content, and whether the layer can be applied. Reads the whole tar; a layer that is right gives an empty list.
 */
export async function validateLayer(layer: Layer, options: { readonly limits?: Partial<LayerLimits> } = {}): Promise<LayerFault[]> {
  const faults: LayerFault[] = []
  const fault = (code: string, message: string, path?: string) => void faults.push({ code, path, message })
  const hasher = createHasher()
  let size = 0
  let complete = false
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of layer.blob.stream()) {
      hasher.update(chunk)
      size += chunk.length
      yield chunk
    }
    complete = true
  }
  let found: LayerIndex | undefined
  const bytes = counted()
  try {
    found = await indexLayer(bytes, { diffId: layer.diffId, digests: true, ...(options.limits ? { limits: options.limits } : {}) })
  } catch (error) {
    fault(codeOf(error), messageOf(error))
    // The rest of the bytes, for size and digest, unless they themselves could not be read.
    try {
      for await (const chunk of layer.blob.stream(size)) {
        hasher.update(chunk)
        size += chunk.length
      }
      complete = true
    } catch (again) {
      if (codeOf(again) !== codeOf(error)) fault(codeOf(again), messageOf(again))
    }
  }
  if (complete) {
    const digest = hasher.digest()
    if (digest !== layer.diffId) fault('DIFF_ID_MISMATCH', `its tar has the digest ${digest}, not ${layer.diffId}`)
  }
  if (layer.index.diffId !== layer.diffId) fault('DIFF_ID_MISMATCH', `its index is that of ${layer.index.diffId}, not of ${layer.diffId}`)
  if (complete)
    for (const claimed of new Set([layer.blob.size, layer.index.size]))
      if (claimed !== size) fault('SIZE_MISMATCH', `its tar has ${size} bytes, not ${claimed}`)
  if (found) {
    compareIndexes(layer.index, found, fault)
    try {
      treeOf(found.columns, () => layer.blob)
    } catch (error) {
      fault(codeOf(error), messageOf(error), (error as { path?: string }).path)
    }
  }
  return faults
}

type Report = (code: string, message: string, path?: string) => void

function compareIndexes(claimed: LayerIndex, found: LayerIndex, fault: Report): void {
  if (claimed.entries !== found.entries)
    fault('INDEX_MISMATCH', `its index counts ${claimed.entries} entries, the tar has ${found.entries}`)
  const count = Math.max(claimed.columns.count, found.columns.count)
  for (let i = 0; i < count; i++) {
    const [said, is] = [rowOf(claimed, i), rowOf(found, i)]
    if (!said || !is) {
      fault(
        'INDEX_MISMATCH',
        said ? 'the index has a row more than the tar has members' : 'the index has no row for this member',
        (said ?? is)?.path,
      )
      continue
    }
    const wrong = difference(said, is)
    if (wrong.length > 0) fault('INDEX_MISMATCH', `the index is wrong about its ${wrong.join(', ')}`, is.path)
  }
  const order = (index: LayerIndex) => (index.columns.order ? [...index.columns.order].join() : undefined)
  if (order(claimed) !== order(found)) fault('INDEX_MISMATCH', 'the index has the members in another order than the tar')
}

const rowOf = (index: LayerIndex, row: number): LayerRow | undefined => (row < index.columns.count ? index.row(row) : undefined)

/** Names of the columns in which two rows differ. A digest that was never computed claims nothing. */
function difference(said: LayerRow, is: LayerRow): string[] {
  const plain = ['kind', 'path', 'mode', 'uid', 'gid', 'mtimeNs', 'size', 'offset', 'target', 'major', 'minor'] as const
  const wrong: string[] = plain.filter((key) => said[key] !== is[key])
  if (said.digest !== undefined && said.digest !== is.digest) wrong.push('digest')
  if (!sameXattrs(said.xattrs, is.xattrs)) wrong.push('xattrs')
  if (JSON.stringify(said.sparse) !== JSON.stringify(is.sparse)) wrong.push('sparse')
  return wrong
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? 'LAYER_UNREADABLE')
