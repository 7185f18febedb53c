/** The comma list behind the second colon of `-v` (`ro,nocopy`). */

/** Groups of words; each group may be used once. */
const GROUPS: readonly (readonly string[])[] = [
  ['ro', 'rw'],
  ['z', 'Z'],
  ['nocopy'],
  ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'],
  ['consistent', 'cached', 'delegated', 'default'],
]

/** Whether every word is known and no two of one group are given; `''` is valid. */
export function isMode(mode: string): boolean {
  if (mode === '') return true
  const words = mode.split(',')
  const groups = words.map((word) => GROUPS.findIndex((group) => group.includes(word)))
  return groups.every((group) => group >= 0) && new Set(groups).size === groups.length
}

const has = (mode: string, words: readonly string[]): boolean => mode.split(',').some((word) => words.includes(word))

export const isReadOnlyMode = (mode: string): boolean => has(mode, ['ro'])
export const isNoCopyMode = (mode: string): boolean => has(mode, ['nocopy'])
export const hasPropagation = (mode: string): boolean => has(mode, GROUPS[3]!)
