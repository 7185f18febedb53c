/** Brings a converted value to its width as printf does: `-` to the left, `0` with zeros behind the sign where `zeros` allows it. */
export function padded(text: string, flags: string, width: number, zeros: boolean): string {
  if (text.length >= width) return text
  if (flags.includes('-')) return text.padEnd(width)
  if (!zeros || !flags.includes('0')) return text.padStart(width)
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)![0]
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
