import { createOverlay, diffTrees, emptySnapshot, memoryContent, type Overlay, type Snapshot, upperChanges, walk } from '@layerwright/vfs'
import { type MeasureOptions, measurePair } from '../measure.js'
import type { BenchRow } from '../report.js'
import { ResultsDifferError } from './errors.js'

/** Files, 40 in a directory; `entries` counts both. */
export function fill(overlay: Overlay, entries: number): void {
  const content = memoryContent(new TextEncoder().encode('a few bytes\n'))
  let left = entries
  for (let i = 0; left > 0; i++) {
    const folder = `/d${Math.floor(i / 50)}/e${i}`
    overlay.mkdir(folder, { recursive: true })
    left -= i % 50 === 0 ? 2 : 1
    for (let j = 0; j < 40 && left > 0; j++, left--) overlay.writeFile(`${folder}/file-${j}`, content)
  }
}

function bigTree(entries: number): Snapshot {
  const overlay = createOverlay(emptySnapshot(), { now: () => 0n })
  fill(overlay, entries)
  return overlay.freeze()
}

/** @throws ResultsDifferError */
export async function benchDiff(entries: number, options: MeasureOptions): Promise<BenchRow> {
  const before = bigTree(entries)
  const overlay = createOverlay(before, { now: () => 1n })
  const paths = [...walk(before)].filter(({ inode }) => inode.type === 'file').map(({ path }) => `/${path}`)
  for (let i = 0; i < 10; i++) overlay.writeFile(paths[Math.floor((i * paths.length) / 10)]!, `changed ${i}`)
  const after = overlay.freeze()
  const found = diffTrees(before, after).filter(({ path }) => /file/.test(path)).length
  if (found !== 10) throw new ResultsDifferError(`10 files were changed, ${found} found`)
  const measured = await measurePair(
    () => [diffTrees(before, after), upperChanges(before, after)],
    () => [...walk(after)].length,
    { ...options, rounds: (options.rounds ?? 15) * 3, warmUp: 10 },
  )
  return {
    name: 'diff of two trees',
    against: 'a walk over one of them',
    measured,
    limit: 1,
    detail: `${entries} entries, 10 changes, as C and A lines and as a layer`,
  }
}

/** A fork of a container: a writable tree over what another one is at that moment, its first write, and a write in the other. */
export async function benchFork(entries: number, options: MeasureOptions): Promise<BenchRow> {
  const image = bigTree(entries)
  const container = createOverlay(image, { now: () => 1n })
  container.writeFile('/d0/e0/file-0', 'of the container')
  const measured = await measurePair(
    () => {
      const fork = createOverlay(container.freeze(), { now: () => 2n })
      fork.writeFile('/d0/e0/file-2', 'of the fork')
      container.writeFile('/d0/e0/file-1', 'of the container, later')
    },
    () => {
      const copy = createOverlay(emptySnapshot(), { now: () => 2n })
      for (const [name, inode] of image.entries) copy.graft(`/${name}`, inode)
    },
    options,
  )
  return {
    name: 'fork of a container',
    against: 'a copy of its tree',
    measured,
    limit: 1,
    detail: `${entries} entries; with a write in each of the two`,
  }
}
