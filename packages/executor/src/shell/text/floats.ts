/** A float as C's printf shows it. `kind` is one of e f g a and their capitals. */
export function formatFloat(value: number, kind: string, flags: string, precision = 6): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const size = Math.abs(value)
  let text: string
  if (!Number.isFinite(size)) text = Number.isNaN(size) ? 'nan' : 'inf'
  else if (kind === 'f' || kind === 'F') text = fixed(size, precision)
  else if (kind === 'e' || kind === 'E') text = exponential(size, precision)
  else text = general(size, precision || 1, flags.includes('#'))
  return sign + (kind === kind.toUpperCase() ? text.toUpperCase() : text)
}

/** Digits past those asked for, in which a tie shows: JavaScript rounds it up, C to the even digit. */
const more = 40

/** `rounded`, or the lower neighbour `exact` begins with, where the value lies exactly between and that one is even. */
function evenTie(rounded: string, exact: string, kept: number): string {
  const lower = exact.slice(0, kept)
  const rest = exact.slice(kept).replace('.', '')
  if (!/^50*$/.test(rest)) return rounded
  const last = lower.replace(/\.$/, '').slice(-1)
  return '02468'.includes(last) ? lower.replace(/\.$/, '') : rounded
}

/** As toFixed, which stops at 1e21. */
function fixed(value: number, precision: number): string {
  if (value < 1e21) {
    const places = Math.min(precision, 100)
    const rounded = value.toFixed(places)
    if (places + more > 100) return rounded
    const exact = value.toFixed(places + more)
    return evenTie(rounded, exact, exact.length - more)
  }
  return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
}

function exponential(value: number, precision: number): string {
  const places = Math.min(precision, 100)
  let text = value.toExponential(places)
  if (places + more <= 100) {
    const [digits = ''] = text.split('e')
    const [exact = '', power] = value.toExponential(places + more).split('e')
    const even = evenTie(digits, exact, exact.length - more)
    if (even !== digits) text = `${even}e${power}`
  }
  return text.replace(/e([-+])([0-9])$/, 'e$10$2')
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const exponent = value === 0 ? 0 : Number(exponential(value, precision - 1).split('e')[1])
  const trim = (text: string) => (keepZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, ''))
  if (exponent < -4 || exponent >= precision) {
    const [digits = '', power = ''] = exponential(value, precision - 1).split('e')
    return `${trim(digits)}e${power}`
  }
  return trim(fixed(value, precision - 1 - exponent))
}
