import Table from 'cli-table3'
import { paint } from './paint.js'

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
    head: head.map((name) => paint.bold(name)),
    chars: { ...PLAIN, ...LINES },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: [...align],
  })
  made.push(...rows.map((row) => [...row]))
  return made.toString().replace(/[ \t]+$/gm, '')
}

export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2))
