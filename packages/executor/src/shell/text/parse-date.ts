import { days, months } from './dates.js'

const units: ReadonlyMap<string, number> = new Map([
  ['sec', 1],
  ['second', 1],
  ['min', 60],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
  ['week', 604800],
  ['fortnight', 1209600],
])
const unit = 'sec|second|min|minute|hour|day|week|fortnight|month|year'
const monthNames = months.map((name) => `${name}|${name.slice(0, 3)}`).join('|')
const dayNames = days.map((name) => `${name}|${name.slice(0, 3)}`).join('|')

/** What was read so far. */
interface State {
  year: number
  month: number
  day: number
  /** Seconds of the day. */
  time: number | undefined
  /** Minutes east of Greenwich. */
  offset: number
  /** Seconds to add. */
  shift: number
  hasDate: boolean
  weekday: number | undefined
  /** `next monday`: 1; `last monday`: -1. */
  weeks: number
  zoned: boolean
}

/** A rule reads what its expression matches; false: it is for another rule, 'invalid': this is no date. */
type Rule = readonly [expression: RegExp, read: (state: State, match: RegExpExecArray) => unknown]

const indexOf = (names: readonly string[], text: string) =>
  names.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase())

function setDate(state: State, year: number, month: number, day: number): boolean {
  if (month < 0 || month > 11 || day < 1 || day > 31) return false
  state.year = year < 69 ? 2000 + year : year < 100 ? 1900 + year : year
  state.month = month
  state.day = day
  state.hasDate = true
  return true
}

function setTime(state: State, match: RegExpExecArray): void {
  const [, hourText, minutes, seconds = '0', fraction = '0', half] = match
  const hours = half ? (Number(hourText) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hourText)
  state.time = hours * 3600 + Number(minutes) * 60 + Number(seconds) + Number(`0.${fraction}`)
}

const relative = new RegExp(`^([-+]?\\s*[0-9]+|next|last|a|an)?\\s*(${unit})s?\\b(\\s+ago\\b)?`, 'i')

function setRelative(state: State, match: RegExpExecArray): void {
  const word = (match[1] ?? '1').toLowerCase().replace(/\s/g, '')
  const amount = word === 'next' || word === 'a' || word === 'an' ? 1 : word === 'last' ? -1 : Number(word)
  const count = amount * (match[3] ? -1 : 1)
  const name = match[2]!.toLowerCase()
  if (name === 'month') state.month += count
  else if (name === 'year') state.year += count
  else state.shift += count * units.get(name)!
}

/** In the order in which they are tried. */
const rules: readonly Rule[] = [
  [
    /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt](?=[0-9]))?/,
    (state, match) => setDate(state, Number(match[1]), Number(match[2]) - 1, Number(match[3])),
  ],
  [new RegExp(`^(?:${dayNames})\\.?,`, 'i'), () => undefined],
  [/^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?:\s*([AaPp])\.?[Mm]\.?)?/, setTime],
  [
    // `10:00 +2 hours` is a zone and one hour: it surprises everybody, and is how date(1) reads it.
    /^([-+])\s*([0-9]{1,2}):?([0-9]{2})?(?![0-9])/,
    (state, match) => {
      if (state.time === undefined || state.zoned) return false
      if (Number(match[2]) > 24) return 'invalid'
      state.zoned = true
      state.offset = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0))
      return true
    },
  ],
  [/^(?:UTC|GMT|Z)(?![a-z])/i, (state) => Object.assign(state, { zoned: true })],
  [
    /^([0-9]{1,2})\s*([AaPp])\.?[Mm]\.?(?![a-z])/,
    (state, match) => Object.assign(state, { time: ((Number(match[1]) % 12) + (/p/i.test(match[2]!) ? 12 : 0)) * 3600 }),
  ],
  [
    new RegExp(`^(next|last|this)\\s+(${dayNames})\\b`, 'i'),
    (state, match) =>
      Object.assign(state, { weekday: indexOf(days, match[2]!), weeks: { next: 1, last: -1, this: 0 }[match[1]!.toLowerCase()] }),
  ],
  [
    /^([0-9]{1,2})\/([0-9]{1,2})(?:\/([0-9]{2,4}))?/,
    (state, match) => setDate(state, match[3] ? Number(match[3]) : state.year, Number(match[1]) - 1, Number(match[2])),
  ],
  [/^([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])/, (state, match) => setDate(state, Number(match[1]), Number(match[2]) - 1, Number(match[3]))],
  [
    new RegExp(`^([0-9]{1,2})[- ](${monthNames})\\b\\.?(?:[- ,]+([0-9]{4}))?`, 'i'),
    (state, match) => setDate(state, match[3] ? Number(match[3]) : state.year, indexOf(months, match[2]!), Number(match[1])),
  ],
  [
    new RegExp(`^(${monthNames})\\b\\.?,?\\s+([0-9]{1,2})(?![0-9:])(?:,?\\s+([0-9]{4})(?![0-9:]))?`, 'i'),
    (state, match) => setDate(state, match[3] ? Number(match[3]) : state.year, indexOf(months, match[1]!), Number(match[2])),
  ],
  [/^(?:now|today)\b/i, () => undefined],
  [/^midnight\b/i, (state) => Object.assign(state, { time: 0 })],
  [/^noon\b/i, (state) => Object.assign(state, { time: 43200 })],
  [/^yesterday\b/i, (state) => Object.assign(state, { shift: state.shift - 86400 })],
  [/^tomorrow\b/i, (state) => Object.assign(state, { shift: state.shift + 86400 })],
  [relative, setRelative],
  [new RegExp(`^(${dayNames})\\b`, 'i'), (state, match) => Object.assign(state, { weekday: indexOf(days, match[1]!) })],
  // The year at the end of what date prints.
  [/^([0-9]{4})$/, (state, match) => (state.hasDate ? Object.assign(state, { year: Number(match[1]) }) : false)],
]

/** Days to the weekday that was named: the next one that is not today, the last one before today. */
function weekdayShift({ weekday = 0, weeks }: State, today: number): number {
  const ahead = (weekday - today + 7) % 7
  if (weeks > 0) return ahead === 0 ? 7 : ahead
  return weeks < 0 ? ahead - 7 : ahead
}

/** Reads what the text begins with: how much of it; undefined where no rule does. */
function takeOne(state: State, text: string): number | undefined {
  for (const [expression, read] of rules) {
    const match = expression.exec(text)
    if (!match) continue
    const taken = read(state, match)
    if (taken === 'invalid') return undefined
    if (taken !== false) return match[0].length
  }
  return undefined
}

/** Milliseconds of a text as `date -d` and `touch -d` read it (the usual forms), in UTC; undefined where it is not understood. */
export function parseDate(source: string, nowMs: number): number | undefined {
  let rest = source.trim()
  if (/^@-?[0-9]+(?:\.[0-9]+)?$/.test(rest)) return Number(rest.slice(1)) * 1000
  const now = new Date(nowMs)
  const state: State = {
    year: now.getUTCFullYear(),
    month: now.getUTCMonth(),
    day: now.getUTCDate(),
    time: undefined,
    offset: 0,
    shift: 0,
    hasDate: false,
    weekday: undefined,
    weeks: 0,
    zoned: false,
  }
  while (rest !== '') {
    const taken = takeOne(state, rest)
    if (taken === undefined) return undefined
    rest = rest.slice(taken).trimStart()
  }
  const clock = state.time ?? (state.hasDate || state.weekday !== undefined ? 0 : (nowMs / 1000) % 86400)
  let base = Date.UTC(state.year, state.month, state.day) / 1000
  if (state.weekday !== undefined && !state.hasDate) base += weekdayShift(state, new Date(base * 1000).getUTCDay()) * 86400
  return (base + clock + state.shift - state.offset * 60) * 1000
}
