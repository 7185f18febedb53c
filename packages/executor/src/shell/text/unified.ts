/** Reads unified diffs. */

export interface HunkLine {
  readonly kind: ' ' | '+' | '-'
  readonly text: string
  /** Said to have no newline at its end. */
  unended: boolean
}

export interface Hunk {
  /** First lines in the old and in the new file, from 1. */
  readonly from: number
  readonly to: number
  readonly lines: readonly HunkLine[]
}

export interface FilePatch {
  readonly from: string
  readonly to: string
  readonly hunks: readonly Hunk[]
}

export function readUnified(text: string): FilePatch[] {
  const lines = text.split('\n')
  const files: { from: string; to: string; hunks: Hunk[] }[] = []
  for (let at = 0; at < lines.length; at++) {
    const [from, to] = [/^--- ([^\t\n\r]+)/.exec(lines[at]!), /^\+\+\+ ([^\t\n\r]+)/.exec(lines[at + 1] ?? '')]
    if (from && to) {
      files.push({ from: from[1]!.trimEnd(), to: to[1]!.trimEnd(), hunks: [] })
      at++
      continue
    }
    const head = /^@@ -([0-9]+)(?:,([0-9]+))? \+([0-9]+)(?:,([0-9]+))? @@/.exec(lines[at]!)
    const file = files[files.length - 1]
    if (!head || !file) continue
    let [old, fresh] = [Number(head[2] ?? 1), Number(head[4] ?? 1)]
    const body: HunkLine[] = []
    while ((old > 0 || fresh > 0) && at + 1 < lines.length) {
      const line = lines[++at]!
      const kind = line === '' ? ' ' : line[0]!
      if (kind !== ' ' && kind !== '+' && kind !== '-') {
        if (kind === '\\' && body.length > 0) body[body.length - 1]!.unended = true
        continue
      }
      body.push({ kind, text: line.slice(1), unended: false })
      if (kind !== '+') old--
      if (kind !== '-') fresh--
    }
    if (lines[at + 1]?.startsWith('\\') && body.length > 0) body[body.length - 1]!.unended = true
    file.hunks.push({ from: Number(head[1]), to: Number(head[3]), lines: body })
  }
  return files
}
