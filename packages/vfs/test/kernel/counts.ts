/** How often each operation, each errno, and each thing that overlays are hard about occurred. */
import { lookup, type Overlay, type Snapshot } from '@layerwright/vfs'
import type { Step } from './steps.js'

/** What has to be among the operations that succeed. */
export const OCCASIONS = [
  'hard link made',
  'hard link to a lower file',
  'write to one of a lower pair of links',
  'rename of a lower directory',
  'rename over something',
  'directory remade over a lower one',
  'lower directory removed',
  'attribute set',
  'attribute of a lower inode changed',
  'attribute removed',
] as const
export type Occasion = (typeof OCCASIONS)[number]

const WRITES = new Set(['write', 'append', 'writeAt', 'truncate'])

export class Counts {
  readonly operations = new Map<string, number>()
  readonly results = new Map<string, number>()
  readonly occasions = new Map<Occasion, number>(OCCASIONS.map((each) => [each, 0]))
  total = 0
  /** Operations of whose paths one names something of the lower layer. */
  lower = 0

  /** Looks at a step before it is done; gives what to tell of its result. */
  watch(step: Step, overlay: Overlay): (result: string) => void {
    const { lower } = overlay
    const now = overlay.freeze()
    const at = (tree: Snapshot, path: string) => found(tree, path)
    const [first = '', second] = step.paths
    const [here, below] = [at(now, first), at(lower, first)]
    const untouched = here !== undefined && here === below
    const target = second === undefined ? undefined : at(now, second)
    const hits = step.paths.some((path) => at(lower, path) !== undefined)
    return (result) => {
      this.total++
      if (hits) this.lower++
      bump(this.operations, step.op)
      bump(this.results, `${step.op} ${result}`)
      if (result !== 'ok') return
      const note = (occasion: Occasion, when: boolean) => when && bump(this.occasions, occasion)
      note('hard link made', step.op === 'link')
      note('hard link to a lower file', step.op === 'link' && untouched)
      note('write to one of a lower pair of links', WRITES.has(step.op) && untouched && overlay.lower !== now && isLinked(lower, first))
      note('rename of a lower directory', step.op === 'rename' && untouched && here.type === 'dir')
      note('rename over something', step.op === 'rename' && target !== undefined && target !== here)
      note(
        'directory remade over a lower one',
        below?.type === 'dir' && (step.op === 'remake' || (step.op === 'mkdir' && here === undefined)),
      )
      note('lower directory removed', below?.type === 'dir' && ['rm', 'rmdir', 'remake'].includes(step.op))
      note('attribute set', step.op === 'setxattr')
      note('attribute of a lower inode changed', (step.op === 'setxattr' || step.op === 'removexattr') && untouched)
      note('attribute removed', step.op === 'removexattr')
    }
  }

  toString(): string {
    const lines = [...this.operations].sort().map(([op, count]) => {
      const results = [...this.results].filter(([key]) => key.split(' ')[0] === op).sort((a, b) => b[1] - a[1])
      return `${op.padEnd(12)}${String(count).padStart(7)}   ${results.map(([key, times]) => `${key.split(' ')[1]} ${times}`).join(', ')}`
    })
    const share = `${((100 * this.lower) / this.total).toFixed(1)} %`
    return [
      `${this.total} operations, ${share} of them on paths of the lower layer`,
      ...lines,
      ...[...this.occasions].map(([occasion, count]) => `${occasion}: ${count}`),
    ].join('\n')
  }
}

function bump<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function found(tree: Snapshot, path: string) {
  try {
    return lookup(tree, path, { follow: false })
  } catch {
    return undefined // a loop of links: nothing is there
  }
}

function isLinked(tree: Snapshot, path: string): boolean {
  const inode = found(tree, path)
  let names = 0
  const visit = (dir: Snapshot) => {
    for (const child of dir.entries.values()) {
      if (child === inode) names++
      else if (child.type === 'dir') visit(child)
    }
  }
  visit(tree)
  return names > 1
}
