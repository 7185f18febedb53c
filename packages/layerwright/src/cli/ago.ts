const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** `3 minutes ago` of an RFC 3339 time. */
export function ago(time: string | undefined, now = Date.now()): string {
  if (!time) return ''
  const elapsed = now - Date.parse(time)
  for (const [name, ms] of UNITS) {
    const count = Math.floor(elapsed / ms)
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} ago`
  }
  return 'now'
}
