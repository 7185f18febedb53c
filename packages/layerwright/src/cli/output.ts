import Table from 'cli-table3'
import pc from 'picocolors'

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
}
const LINES = { left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }

/** A table without frames, as Docker prints its lists. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], align: readonly ('left' | 'right')[] = []): string {
  const made = new Table({
    head: head.map((name) => pc.bold(name)),
    chars: { ...PLAIN, ...LINES },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: [...align],
  })
  made.push(...rows.map((row) => [...row]))
  return made.toString().replace(/[ \t]+$/gm, '')
}

export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2))

/** Bytes for a reader, in decimal units as Docker's lists have them. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** The first 12 digits of a digest, as lists show them. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12)
export const shorten = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)
