export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

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
