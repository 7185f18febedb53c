/** Lines `a` to `aEnd` of the first text stand where lines `b` to `bEnd` of the second stand. */
export interface Edit {
  readonly a: number
  readonly aEnd: number
  readonly b: number
  readonly bEnd: number
}

/** The shortest edits that make one list of lines of another (Myers' algorithm). */
export function editScript(x: readonly string[], y: readonly string[]): Edit[] {
  let head = 0
  while (head < x.length && head < y.length && x[head] === y[head]) head++
  let tail = 0
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++
  const a = x.slice(head, x.length - tail)
  const b = y.slice(head, y.length - tail)
  const edits: Edit[] = []
  for (const step of path(a, b)) {
    const last = edits[edits.length - 1]
    const place = { a: step.a + head, b: step.b + head }
    if (last && last.aEnd === place.a && last.bEnd === place.b) {
      edits[edits.length - 1] = { ...last, aEnd: place.a + (step.removes ? 1 : 0), bEnd: place.b + (step.removes ? 0 : 1) }
    } else edits.push({ ...place, aEnd: place.a + (step.removes ? 1 : 0), bEnd: place.b + (step.removes ? 0 : 1) })
  }
  return edits
}

interface Step {
  readonly a: number
  readonly b: number
  readonly removes: boolean
}

function path(a: readonly string[], b: readonly string[]): Step[] {
  const most = a.length + b.length
  const trace: Map<number, number>[] = []
  let front = new Map<number, number>([[1, 0]])
  for (let distance = 0; distance <= most; distance++) {
    trace.push(new Map(front))
    for (let k = -distance; k <= distance; k += 2) {
      const down = k === -distance || (k !== distance && (front.get(k - 1) ?? -1) < (front.get(k + 1) ?? -1))
      let i = down ? front.get(k + 1)! : front.get(k - 1)! + 1
      let j = i - k
      while (i < a.length && j < b.length && a[i] === b[j]) {
        i++
        j++
      }
      front.set(k, i)
      if (i >= a.length && j >= b.length) return backtrack(trace, a.length, b.length)
    }
    front = new Map(front)
  }
  return []
}

function backtrack(trace: readonly Map<number, number>[], endA: number, endB: number): Step[] {
  const steps: Step[] = []
  let [i, j] = [endA, endB]
  for (let distance = trace.length - 1; distance > 0; distance--) {
    const front = trace[distance]!
    const k = i - j
    const down = k === -distance || (k !== distance && (front.get(k - 1) ?? -1) < (front.get(k + 1) ?? -1))
    const before = down ? k + 1 : k - 1
    const fromI = front.get(before)!
    const fromJ = fromI - before
    steps.push(down ? { a: fromI, b: fromJ, removes: false } : { a: fromI, b: fromJ, removes: true })
    ;[i, j] = [fromI, fromJ]
  }
  return steps.reverse()
}
