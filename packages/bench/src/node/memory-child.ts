/** The process whose memory is measured: `memory-child.js WAY ENTRIES` prints the most KiB that were resident. */
import { readFileSync } from 'node:fs'
import { createOverlay, emptySnapshot, walk } from '@layerwright/vfs'
import { fill } from './vfs-trees.js'

/** What must stay alive until the end. */
const held: unknown[] = []

function main(way: string, entries: number): void {
  if (way === 'written') {
    const overlay = createOverlay(emptySnapshot())
    fill(overlay, entries)
    const tree = overlay.freeze()
    let count = 0
    for (const _ of walk(tree)) count++
    if (count < entries) throw new RangeError(`${count} of ${entries} entries`)
    held.push(overlay, tree)
  }
  console.log(peakKib())
}

/** Linux hands the count of `resourceUsage` on from the process that started this one; its own status begins anew. */
function peakKib(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

main(process.argv[2] ?? '', Number(process.argv[3]))
