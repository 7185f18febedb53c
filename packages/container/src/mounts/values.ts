/** Values of mount options. */

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/** The spellings of a boolean that command lines take; undefined for anything else. */
export const booleanOf = (text: string): boolean | undefined => (TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined)

const UNITS = 'bkmgtp'

/** `64m`, `1.5g`, `1048576`: bytes in binary units, undefined where it is none. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?([bkmgtp])?(?:i?b)?$/i.exec(text)
  if (!match) return undefined
  const power = match[2] ? UNITS.indexOf(match[2].toLowerCase()) : 0
  return Math.floor(Number(match[1]) * 1024 ** power)
}

/** Permission bits in octal; undefined where it is none. */
export const octalOf = (text: string): number | undefined =>
  /^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= 0o7777 ? Number.parseInt(text, 8) : undefined
