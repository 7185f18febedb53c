import type { Measured } from './measure.js'

/** One comparison of a report. */
export interface BenchRow {
  readonly name: string
  /** What ours is compared with. */
  readonly against: string
  readonly measured: Measured
  /** The ratio that is not to be exceeded, where there is a goal. */
  readonly goal?: number
  /** What ours itself is not to exceed, in the unit of the row, where there is such a goal. */
  readonly limit?: number
  /** Default milliseconds. */
  readonly unit?: 'MiB'
  /** What else a reader should know: sizes, counts, that results were compared. */
  readonly detail?: string
}

export interface BenchReport {
  readonly bench: string
  /** Engine and version, as `node v22.1.0`. */
  readonly runtime: string
  readonly rows: readonly BenchRow[]
}

export const meetsGoal = ({ goal, limit, measured }: BenchRow): boolean =>
  (goal === undefined || measured.ratio <= goal) && (limit === undefined || measured.ours.medianMs <= limit)

const goalOf = (row: BenchRow): string => {
  const parts = [
    ...(row.goal === undefined ? [] : [`≤ ${row.goal}`]),
    ...(row.limit === undefined ? [] : [`≤ ${row.limit} ${row.unit ?? 'ms'}`]),
  ]
  return parts.length === 0 ? '' : `${parts.join(', ')}${meetsGoal(row) ? '' : ' MISSED'}`
}

const number = (value: number, digits: number) => value.toFixed(digits)

/** A table for people. */
export function formatReport({ bench, runtime, rows }: BenchReport): string {
  const head = ['what', 'ours ms', 'other ms', 'ratio', 'goal', 'against', '']
  const body = rows.map((row) => [
    row.unit ? `${row.name} (${row.unit})` : row.name,
    number(row.measured.ours.medianMs, 2),
    number(row.measured.other.medianMs, 2),
    number(row.measured.ratio, 2),
    goalOf(row),
    row.against,
    row.detail ?? '',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]!.length)))
  const isNumber = (column: number) => column >= 1 && column <= 3
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [`${bench} (${runtime}; medians of one run, both sides in turns)`, '', line(head), ...body.map(line)].join('\n')
}

/** One line of JSON for machines: `version` 1. Milliseconds and ratios with three decimals. */
export function reportLine({ bench, runtime, rows }: BenchReport): string {
  const round = (value: number) => Math.round(value * 1000) / 1000
  return JSON.stringify({
    version: 1,
    bench,
    runtime,
    rows: rows.map((row) => ({
      name: row.name,
      against: row.against,
      oursMs: round(row.measured.ours.medianMs),
      otherMs: round(row.measured.other.medianMs),
      ratio: round(row.measured.ratio),
      ...(row.unit === undefined ? {} : { unit: row.unit }),
      ...(row.goal === undefined ? {} : { goal: row.goal }),
      ...(row.limit === undefined ? {} : { limit: row.limit }),
      ...(row.goal === undefined && row.limit === undefined ? {} : { met: meetsGoal(row) }),
      ...(row.detail === undefined ? {} : { detail: row.detail }),
    })),
  })
}
