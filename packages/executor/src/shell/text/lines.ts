/** The lines of a text, without their newlines; a last line need not have one. */
export function splitLines(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  return lines
}

/** Records that end in `separator`. */
export function splitRecords(text: string, separator: string): string[] {
  if (text === '') return []
  const records = text.split(separator)
  if (records[records.length - 1] === '') records.pop()
  return records
}

/** `10`, `2K`, `1M`, `3kB`, `4b` as head, dd, truncate and split read sizes; undefined where malformed. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]+)(b|[kKMGTP](?:i?B)?|c|w)?$/.exec(text)
  if (!match) return undefined
  const [, digits, unit = ''] = match
  if (unit === 'b') return Number(digits) * 512
  if (unit === 'c') return Number(digits)
  if (unit === 'w') return Number(digits) * 2
  if (unit === '') return Number(digits)
  const power = 'KMGTP'.indexOf(unit[0]!.toUpperCase()) + 1
  return Number(digits) * (unit.endsWith('B') && !unit.endsWith('iB') ? 1000 : 1024) ** power
}

/** `1.5K` as `ls -h` and `du -h` show sizes: rounded up, one digit below ten. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes)
  let value = bytes
  let unit = -1
  while (value >= 1024 && unit < 4) {
    value /= 1024
    unit++
  }
  const shown = value < 10 ? Math.ceil(value * 10) / 10 : Math.ceil(value)
  if (shown >= 1024 && unit < 4) return `1.0${'KMGTP'[unit + 1]}`
  return `${shown < 10 ? shown.toFixed(1) : shown}${'KMGTP'[unit]}`
}
