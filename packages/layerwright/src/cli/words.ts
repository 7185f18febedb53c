/** How numbers and long texts are shown. */

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
/** `a=1,b=2` */
export const showLabels = (labels: Iterable<readonly [name: string, value: string]>): string =>
  [...labels].map(([name, value]) => `${name}=${value}`).join(',')
