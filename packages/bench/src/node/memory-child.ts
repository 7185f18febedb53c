/** The process whose memory is measured: `memory-child.js WAY ENTRIES` prints the most KiB that were resident. */
import { applyLayer, decodeIndex, encodeIndex, writeLayer } from '@layerwright/layer'
import { createOverlay, emptySnapshot, memoryContent, walk } from '@layerwright/vfs'
import { fill } from './vfs-trees.js'

/** What must stay alive until the end. */
const held: unknown[] = []

async function main(way: string, entries: number): Promise<void> {
  if (way === 'written' || way === 'layer') {
    const overlay = createOverlay(emptySnapshot())
    fill(overlay, entries)
    if (way === 'written') held.push(overlay, overlay.freeze())
    else {
      const parts: Uint8Array[] = []
      const { diffId, index } = await writeLayer(overlay.changes(), (part) => parts.push(part.slice()))
      const blob = memoryContent(new Uint8Array(Buffer.concat(parts)))
      const tree = applyLayer(emptySnapshot(), { diffId, blob, index: decodeIndex(encodeIndex(index)) })
      held.push(tree)
    }
    let count = 0
    for (const _ of walk(held.length === 2 ? overlay.freeze() : overlay.freeze())) count++
    if (count < entries) throw new RangeError(`${count} of ${entries} entries`)
  }
  console.log(process.resourceUsage().maxRSS)
}

await main(process.argv[2] ?? '', Number(process.argv[3]))
