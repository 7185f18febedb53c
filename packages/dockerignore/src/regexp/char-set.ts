import { unicodeClass } from './unicode.js'

/** A set of code points. */
export interface CharSet {
  /** Pairs of first and last code point, in any order. */
  readonly ranges: readonly number[]
  /** Unicode properties that belong to the set. */
  readonly properties: readonly ((codePoint: number) => boolean)[]
  readonly negated: boolean
}

const ALPHA = [0x41, 0x5a, 0x61, 0x7a]
const DIGIT = [0x30, 0x39]

/** What stands between `[:` and `:]`. */
export const posixClasses: ReadonlyMap<string, readonly number[]> = new Map([
  ['alnum', [...DIGIT, ...ALPHA]],
  ['alpha', ALPHA],
  ['ascii', [0, 0x7f]],
  ['blank', [0x09, 0x09, 0x20, 0x20]],
  ['cntrl', [0, 0x1f, 0x7f, 0x7f]],
  ['digit', DIGIT],
  ['graph', [0x21, 0x7e]],
  ['lower', [0x61, 0x7a]],
  ['print', [0x20, 0x7e]],
  ['punct', [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ['space', [0x09, 0x0d, 0x20, 0x20]],
  ['upper', [0x41, 0x5a]],
  ['word', [...DIGIT, ...ALPHA, 0x5f, 0x5f]],
  ['xdigit', [...DIGIT, 0x41, 0x46, 0x61, 0x66]],
])

/** `\d`, `\s` and `\w`; the upper-case letters are their complements. */
export const perlClasses: ReadonlyMap<string, readonly number[]> = new Map([
  ['d', DIGIT],
  ['s', [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]],
  ['w', [...DIGIT, ...ALPHA, 0x5f, 0x5f]],
])

export const notNewline: CharSet = { ranges: [0x0a, 0x0a], properties: [], negated: true }

export function single(codePoint: number): CharSet {
  return { ranges: [codePoint, codePoint], properties: [], negated: false }
}

export function complement(ranges: readonly number[]): readonly number[] {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  const rest: number[] = []
  let next = 0
  for (const [low, high] of pairs) {
    if (low > next) rest.push(next, low - 1)
    next = Math.max(next, high + 1)
  }
  if (next <= 0x10ffff) rest.push(next, 0x10ffff)
  return rest
}

export function contains(set: CharSet, codePoint: number): boolean {
  const { ranges } = set
  for (let i = 0; i < ranges.length; i += 2) {
    if (codePoint >= ranges[i]! && codePoint <= ranges[i + 1]!) return !set.negated
  }
  return set.properties.some((has) => has(codePoint)) !== set.negated
}

/** The set of `\p{name}` or `\P{name}`, or undefined for an unknown name. */
export function propertySet(name: string, negated: boolean): CharSet | undefined {
  const property = unicodeClass(name)
  return property && { ranges: [], properties: [property], negated }
}
