import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyLayer, indexLayer, type Layer, layerSnapshot, writeLayer } from '@layerwright/layer'
import {
  type Content,
  createOverlay,
  emptySnapshot,
  fileInode,
  type LayerChange,
  lookup,
  memoryContent,
  type Snapshot,
  snapshotView,
} from '@layerwright/vfs'
import { type MeasureOptions, measurePair } from '../measure.js'
import type { BenchRow } from '../report.js'
import { ResultsDifferError } from './errors.js'
import { withFolder } from './tree.js'
import { cpu } from './vfs-pack.js'

async function layerOf(changes: Iterable<LayerChange>): Promise<{ layer: Layer; bytes: Uint8Array }> {
  const parts: Uint8Array[] = []
  const { diffId, index } = await writeLayer(changes, (part) => parts.push(part.slice()))
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { layer: { diffId, blob: memoryContent(bytes), index }, bytes }
}

/** Hops from header to header and notes name and place of each member: no reader can do less. */
function bareScan(bytes: Uint8Array): { readonly name: string; readonly offset: number; readonly size: number }[] {
  const members: { name: string; offset: number; size: number }[] = []
  const decoder = new TextDecoder()
  for (let at = 0; bytes[at] !== 0 && at + 512 <= bytes.length; ) {
    let end = at
    while (end < at + 100 && bytes[end] !== 0) end++
    let size = 0
    for (let i = at + 124; i < at + 135; i++) size = size * 8 + (bytes[i]! - 48)
    members.push({ name: decoder.decode(bytes.subarray(at, end)), offset: at + 512, size })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return members
}

/** The same of a file, which is read header by header. */
function bareFileScan(fd: number, size: number): number {
  const header = new Uint8Array(512)
  let members = 0
  for (let at = 0; at + 512 <= size; ) {
    readSync(fd, header, 0, 512, at)
    if (header[0] === 0) break
    const [member] = bareScan(header)
    members++
    at += 512 + Math.ceil(member!.size / 512) * 512
  }
  return members
}

/** In memory, and in a file as a store keeps it. @throws ResultsDifferError */
export async function benchIndex(files: number, layerBytes: number, options: MeasureOptions): Promise<BenchRow[]> {
  const content = memoryContent(new Uint8Array(Math.max(0, Math.floor(layerBytes / files) - 512)).fill(65))
  const changes: LayerChange[] = []
  for (let i = 0; i < files; i++) changes.push({ path: `usr/lib/package-${Math.floor(i / 30)}/file-${i}.js`, inode: fileInode(content) })
  const { layer, bytes } = await layerOf(changes)
  const { diffId } = layer
  const found = (await indexLayer(layer.blob, { diffId })).entries
  const scanned = bareScan(bytes).length
  if (found !== scanned) throw new ResultsDifferError(`the index has ${found} members, the scan ${scanned}`)
  const detail = `${bytes.length} bytes, ${found} members; processor time`
  const timing = { ...options, clock: cpu }
  const inMemory = await measurePair(
    () => indexLayer(layer.blob, { diffId }),
    () => bareScan(bytes),
    // Rounds of a few milliseconds, and compiling goes on for some of them.
    { ...timing, rounds: (options.rounds ?? 15) * 3, warmUp: 10 },
  )
  return withFolder(async (folder) => {
    const path = join(folder, 'layer.tar')
    writeFileSync(path, bytes)
    const fd = openSync(path, 'r')
    try {
      const blob: Content = {
        size: bytes.length,
        readInto: (target, offset) => readSync(fd, target, 0, target.length, offset),
        stream: (start, end) => layer.blob.stream(start, end),
      }
      const inFile = await measurePair(
        () => indexLayer(blob, { diffId }),
        () => bareFileScan(fd, bytes.length),
        timing,
      )
      return [
        { name: 'index a layer', against: 'a scan that reads its headers', measured: inFile, goal: 2, detail: `in a file; ${detail}` },
        { name: 'index a layer in memory', against: 'a scan of its headers', measured: inMemory, goal: 2, detail },
      ]
    } finally {
      closeSync(fd)
    }
  })
}

/** Paths in a tree of `count` layers against the same tree in one layer. */
export async function benchLayers(count: number, options: MeasureOptions): Promise<BenchRow> {
  const paths: string[] = []
  const all = createOverlay(emptySnapshot(), { now: () => 0n })
  let many: Snapshot = emptySnapshot()
  for (let i = 0; i < count; i++) {
    const overlay = createOverlay(many, { now: () => 0n })
    for (let j = 0; j < 100; j++) {
      const folder = `/usr/lib/area-${j % 10}/part-${(i + j) % 25}`
      const path = `${folder}/file-${i}-${j}`
      for (const fs of [overlay, all]) {
        fs.mkdir(folder, { recursive: true })
        fs.writeFile(path, `${i} ${j}`)
      }
      paths.push(path)
    }
    many = applyLayer(many, (await layerOf(overlay.changes())).layer)
  }
  const one = layerSnapshot([(await layerOf(all.changes())).layer])
  const walk = (tree: Snapshot) => () => {
    const view = snapshotView(tree)
    let bytes = 0
    for (const path of paths) bytes += view.stat(path).size
    return bytes
  }
  if (walk(many)() !== walk(one)()) throw new ResultsDifferError('the trees of many layers and of one')
  if (lookup(many, '/usr/lib/none') !== undefined) throw new ResultsDifferError('a path that is not there')
  const measured = await measurePair(walk(many), walk(one), { ...options, rounds: (options.rounds ?? 15) * 3 })
  return { name: `lookups in ${count} layers`, against: 'the same tree in 1 layer', measured, goal: 1.2, detail: `${paths.length} paths` }
}
