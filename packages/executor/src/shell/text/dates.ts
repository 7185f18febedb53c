const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** strftime in UTC and the C locale, with date's flags (`%-d`, `%_d`, `%03d`, `%^a`). Containers run in UTC unless told otherwise. */
export function formatDate(format: string, ms: number, nanoseconds = 0): string {
  const date = new Date(Math.floor(ms))
  return format.replace(
    /%([-_0^#]*)([0-9]*)([EO]?)(:{0,3}z|[a-zA-Z%+])/g,
    (whole, flags: string, width: string, _modifier: string, letter: string) => {
      const value = field(letter, date, ms, nanoseconds)
      if (value === undefined) return whole
      let [text, fill, size] = value
      if (flags.includes('^')) text = text.toUpperCase()
      if (flags.includes('-')) return fill === '' ? text : text.replace(/^[0 ]+(?=.)/, '')
      if (letter === 'N' && width !== '') return text.slice(0, Number(width))
      if (flags.includes('_')) fill = ' '
      if (flags.includes('0')) fill = '0'
      const bare = fill === '' || flags === '' ? text : text.replace(/^[0 ]+(?=.)/, '')
      return bare.padStart(width === '' ? size : Number(width), fill || ' ')
    },
  )
}

type Shown = [text: string, fill: string, width: number]

function field(letter: string, date: Date, ms: number, nanoseconds: number): Shown | undefined {
  const number = (value: number, width: number, fill = '0'): Shown => [String(value).padStart(width, fill), fill, width]
  const text = (value: string): Shown => [value, '', 0]
  const inner = (format: string) => text(formatDate(format, ms, nanoseconds))
  const year = date.getUTCFullYear()
  const weekday = date.getUTCDay()
  const dayOfYear = Math.floor((Date.UTC(year, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(year, 0, 1)) / 86_400_000)
  switch (letter) {
    case '%':
      return text('%')
    case 'a':
      return text(days[weekday]!.slice(0, 3))
    case 'A':
      return text(days[weekday]!)
    case 'b':
    case 'h':
      return text(months[date.getUTCMonth()]!.slice(0, 3))
    case 'B':
      return text(months[date.getUTCMonth()]!)
    case 'c':
      return inner('%a %b %e %H:%M:%S %Y')
    case 'C':
      return number(Math.floor(year / 100), 2)
    case 'd':
      return number(date.getUTCDate(), 2)
    case 'D':
    case 'x':
      return inner('%m/%d/%y')
    case 'e':
      return number(date.getUTCDate(), 2, ' ')
    case 'F':
      return inner('%Y-%m-%d')
    case 'g':
      return number(isoWeek(date).year % 100, 2)
    case 'G':
      return number(isoWeek(date).year, 4)
    case 'H':
      return number(date.getUTCHours(), 2)
    case 'I':
      return number(date.getUTCHours() % 12 || 12, 2)
    case 'j':
      return number(dayOfYear + 1, 3)
    case 'k':
      return number(date.getUTCHours(), 2, ' ')
    case 'l':
      return number(date.getUTCHours() % 12 || 12, 2, ' ')
    case 'm':
      return number(date.getUTCMonth() + 1, 2)
    case 'M':
      return number(date.getUTCMinutes(), 2)
    case 'n':
      return text('\n')
    case 'N':
      return text(String(nanoseconds).padStart(9, '0'))
    case 'p':
      return text(date.getUTCHours() < 12 ? 'AM' : 'PM')
    case 'P':
      return text(date.getUTCHours() < 12 ? 'am' : 'pm')
    case 'q':
      return number(Math.floor(date.getUTCMonth() / 3) + 1, 1)
    case 'r':
      return inner('%I:%M:%S %p')
    case 'R':
      return inner('%H:%M')
    case 's':
      return text(String(Math.floor(ms / 1000)))
    case 'S':
      return number(date.getUTCSeconds(), 2)
    case 't':
      return text('\t')
    case 'T':
    case 'X':
      return inner('%H:%M:%S')
    case 'u':
      return number(weekday || 7, 1)
    case 'U':
      return number(Math.floor((dayOfYear + 7 - weekday) / 7), 2)
    case 'V':
      return number(isoWeek(date).week, 2)
    case 'w':
      return number(weekday, 1)
    case 'W':
      return number(Math.floor((dayOfYear + 7 - ((weekday + 6) % 7)) / 7), 2)
    case 'y':
      return number(((year % 100) + 100) % 100, 2)
    case 'Y':
      return number(year, 4)
    case 'z':
      return text('+0000')
    case ':z':
      return text('+00:00')
    case '::z':
      return text('+00:00:00')
    case 'Z':
      return text('UTC')
    default:
      return undefined
  }
}

function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 4 - (date.getUTCDay() || 7)))
  const year = thursday.getUTCFullYear()
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 / 7) + 1 }
}

const units: Readonly<Record<string, number>> = {
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3600,
  day: 86400,
  week: 604800,
  fortnight: 1209600,
}

/** Milliseconds of a text as `date -d` and `touch -d` read it (the usual forms), in UTC; undefined where it is not understood. */
export function parseDate(source: string, nowMs: number): number | undefined {
  let rest = source.trim()
  if (/^@-?[0-9]+(?:\.[0-9]+)?$/.test(rest)) return Number(rest.slice(1)) * 1000
  const now = new Date(nowMs)
  let [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  let time: number | undefined
  let offset = 0
  let shift = 0
  let hasDate = false
  let weekday: number | undefined
  const eat = (expression: RegExp): RegExpExecArray | undefined => {
    const match = expression.exec(rest)
    if (!match || match[0] === '') return undefined
    rest = rest.slice(match[0].length).trimStart()
    return match
  }
  const setDate = (y: number, m: number, d: number) => {
    year = y < 69 ? 2000 + y : y < 100 ? 1900 + y : y
    month = m
    day = d
    hasDate = true
  }
  while (rest !== '') {
    let match: RegExpExecArray | undefined
    if ((match = eat(/^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt](?=[0-9]))?/)))
      setDate(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
    else if ((match = eat(/^(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*\.?,/i))) continue
    else if ((match = eat(/^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?:\s*([AaPp])\.?[Mm]\.?)?/))) {
      let hours = Number(match[1])
      if (match[5]) hours = (hours % 12) + (match[5].toLowerCase() === 'p' ? 12 : 0)
      time = hours * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0) + Number(`0.${match[4] ?? 0}`)
      // `10:00 +2 hours` is read as a zone by date(1), which surprises everybody: it is refused here.
      if (/^[-+]\s*[0-9]+\s*(?:sec|min|hour|day|week|month|year)/.test(rest)) return undefined
      const zone = eat(/^([-+])([0-9]{2}):?([0-9]{2})?(?!\s*(?:sec|min|hour|day|week|month|year))/)
      if (zone) offset = (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3] ?? 0))
    } else if (eat(/^(?:UTC|GMT|Z)(?![a-z])/i)) offset = 0
    else if ((match = eat(/^([0-9]{1,2})\/([0-9]{1,2})(?:\/([0-9]{2,4}))?/)))
      setDate(match[3] ? Number(match[3]) : year, Number(match[1]) - 1, Number(match[2]))
    else if ((match = eat(/^([0-9]{8})(?![0-9])/)))
      setDate(Number(match[1]!.slice(0, 4)), Number(match[1]!.slice(4, 6)) - 1, Number(match[1]!.slice(6)))
    else if ((match = eat(/^([0-9]{1,2})[- ]([A-Za-z]{3,9})\.?(?:[- ,]+([0-9]{4}))?/)) && monthOf(match[2]!) !== -1)
      setDate(match[3] ? Number(match[3]) : year, monthOf(match[2]!), Number(match[1]))
    else if (match) return undefined
    else if (eat(/^(?:now|today)\b/i)) time ??= undefined
    else if (eat(/^midnight\b/i)) time = 0
    else if (eat(/^noon\b/i)) time = 43200
    else if (eat(/^yesterday\b/i)) shift -= 86400
    else if (eat(/^tomorrow\b/i)) shift += 86400
    else if (
      (match = eat(/^([-+]?\s*[0-9]+|next|last|a|an)?\s*(sec|second|min|minute|hour|day|week|fortnight|month|year)s?\b(\s+ago\b)?/i))
    ) {
      const word = (match[1] ?? '1').toLowerCase().replace(/\s/g, '')
      const count = (word === 'next' || word === 'a' || word === 'an' ? 1 : word === 'last' ? -1 : Number(word)) * (match[3] ? -1 : 1)
      const unit = match[2]!.toLowerCase()
      if (unit === 'month') month += count
      else if (unit === 'year') year += count
      else shift += count * units[unit]!
      if (unit === 'month' || unit === 'year') hasDate ||= false
    } else if ((match = eat(/^([A-Za-z]{3,9})\.?,?(?:\s+([0-9]{1,2})(?:,?\s+([0-9]{4}))?(?![0-9:]))?/))) {
      const named = monthOf(match[1]!)
      if (named !== -1 && match[2]) setDate(match[3] ? Number(match[3]) : year, named, Number(match[2]))
      else if (dayOf(match[1]!) !== -1 && !match[2]) weekday = dayOf(match[1]!)
      else return undefined
    } else if (hasDate && (match = eat(/^([0-9]{4})$/))) year = Number(match[1])
    else return undefined
  }
  const clock = time ?? (hasDate || weekday !== undefined ? 0 : (nowMs / 1000) % 86400)
  let base = Date.UTC(year, month, day) / 1000
  if (weekday !== undefined && !hasDate) base += ((weekday - new Date(base * 1000).getUTCDay() + 7) % 7) * 86400
  return (base + clock + shift - offset * 60) * 1000
}

const monthOf = (text: string) =>
  months.findIndex((name) => name.toLowerCase() === text.toLowerCase() || name.slice(0, 3).toLowerCase() === text.toLowerCase())
const dayOf = (text: string) =>
  days.findIndex((name) => name.toLowerCase() === text.toLowerCase() || name.slice(0, 3).toLowerCase() === text.toLowerCase())

/** `[[CC]YY]MMDDhhmm[.ss]` of `touch -t`. */
export function parseStamp(text: string, nowMs: number): number | undefined {
  const match = /^((?:[0-9]{2})?[0-9]{2})?([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{2}))?$/.exec(text)
  if (!match) return undefined
  const [, yearText, month, day, hour, minute, second = '0'] = match
  let year = yearText === undefined ? new Date(nowMs).getUTCFullYear() : Number(yearText)
  if (yearText?.length === 2) year += year < 69 ? 2000 : 1900
  const ms = Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const date = new Date(ms)
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) ? ms : undefined
}
