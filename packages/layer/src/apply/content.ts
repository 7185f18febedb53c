import { readDigest } from '@layerwright/digest'
import { type Content, sliceContent } from '@layerwright/vfs'
import { sparseContent } from '../tar/sparse.js'
import type { Layer, LayerColumns } from '../types.js'

/** The content of a row: a slice of the layer's blob. Small, because a tree holds tens of thousands of them: the digest stays in the index until somebody asks. */
class SliceOfLayer {
  readonly #blob: Content
  readonly #columns: LayerColumns
  readonly #row: number

  constructor(blob: Content, columns: LayerColumns, row: number) {
    this.#blob = blob
    this.#columns = columns
    this.#row = row
  }

  /** Asked for each time: a layer of which only the index is here may come later, and its tree stands by then. */
  get readInto(): ((target: Uint8Array, offset: number) => number) | undefined {
    return this.#blob.readInto ? this.#read : undefined
  }

  get size(): number {
    return this.#columns.sizes[this.#row]!
  }

  get digest(): string | undefined {
    return this.#columns.hashed[this.#row] ? readDigest(this.#columns.digests, this.#row * 32) : undefined
  }

  stream(start = 0, end = this.size): AsyncIterable<Uint8Array> {
    const base = this.#columns.offsets[this.#row]!
    const from = Math.min(Math.max(start, 0), this.size)
    return this.#blob.stream(base + from, base + Math.min(Math.max(end, from), this.size))
  }

  #read(target: Uint8Array, offset: number): number {
    const left = Math.min(target.length, this.size - offset)
    if (left <= 0) return 0
    return this.#blob.readInto!(left === target.length ? target : target.subarray(0, left), this.#columns.offsets[this.#row]! + offset)
  }
}

/** The content of a file's row. */
export function contentOf(layer: Layer, row: number): Content {
  const { columns } = layer.index
  const map = columns.sparse.get(row)
  // type-ok: a getter that may give undefined is what Content has, but for the letter of it
  if (!map) return new SliceOfLayer(layer.blob, columns, row) as Content
  const stored = map.reduce((sum, [, length]) => sum + length, 0)
  const offset = columns.offsets[row]!
  const digest = columns.hashed[row] ? readDigest(columns.digests, row * 32) : undefined
  return sparseContent(sliceContent(layer.blob, offset, offset + stored), map, columns.sizes[row]!, digest)
}
