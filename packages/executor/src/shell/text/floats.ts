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

/** As toFixed, which stops at 1e21. */
function fixed(value: number, precision: number): string {
  if (value < 1e21) return value.toFixed(Math.min(precision, 100))
  return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
}

function exponential(value: number, precision: number): string {
  return value.toExponential(Math.min(precision, 100)).replace(/e([-+])([0-9])$/, 'e$10$2')
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(Math.min(precision - 1, 100)).split('e')[1])
  const trim = (text: string) => (keepZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, ''))
  if (exponent < -4 || exponent >= precision) {
    const [digits = '', power = ''] = exponential(value, precision - 1).split('e')
    return `${trim(digits)}e${power}`
  }
  return trim(fixed(value, precision - 1 - exponent))
}
