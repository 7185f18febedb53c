import { type ByteSet, setOf } from './nodes.js'

const classes: ReadonlyMap<string, (byte: number) => boolean> = new Map([
  ['alpha', (b: number) => (b >= 65 && b <= 90) || (b >= 97 && b <= 122)],
  ['digit', (b: number) => b >= 48 && b <= 57],
  ['alnum', (b: number) => (b >= 48 && b <= 57) || (b >= 65 && b <= 90) || (b >= 97 && b <= 122)],
  ['upper', (b: number) => b >= 65 && b <= 90],
  ['lower', (b: number) => b >= 97 && b <= 122],
  ['space', (b: number) => b === 32 || (b >= 9 && b <= 13)],
  ['blank', (b: number) => b === 32 || b === 9],
  ['punct', (b: number) => (b >= 33 && b <= 47) || (b >= 58 && b <= 64) || (b >= 91 && b <= 96) || (b >= 123 && b <= 126)],
  ['print', (b: number) => b >= 32 && b <= 126],
  ['graph', (b: number) => b >= 33 && b <= 126],
  ['cntrl', (b: number) => b < 32 || b === 127],
  ['xdigit', (b: number) => (b >= 48 && b <= 57) || (b >= 65 && b <= 70) || (b >= 97 && b <= 102)],
])

/** How a backslash in brackets is read: as itself (POSIX), with `\n` and `\t` known (GNU sed), or as an escape (awk). */
export type BracketEscapes = 'none' | 'some' | 'all'

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', b: '\b' }

/** Reads a bracket expression that begins at `start`; undefined where it is malformed or does not end. `end` is its last character. */
export function readBracket(
  source: string,
  start: number,
  escapes: BracketEscapes,
): { readonly set: ByteSet; readonly end: number } | undefined {
  let at = start + 1
  const set = new Uint8Array(256)
  const negated = source[at] === '^'
  if (negated) at++
  for (let first = true; ; first = false) {
    const char = source[at]
    if (char === undefined) return undefined
    if (char === ']' && !first) break
    if (char === '[' && source[at + 1] === ':') {
      const end = source.indexOf(':]', at + 2)
      const holds = end === -1 ? undefined : classes.get(source.slice(at + 2, end))
      if (!holds) return undefined
      for (let byte = 0; byte < 256; byte++) if (holds(byte)) set[byte] = 1
      at = end + 2
      continue
    }
    const from = readOne(source, at, escapes)
    if (!from) return undefined
    at = from.end
    if (source[at] === '-' && source[at + 1] !== ']' && source[at + 1] !== undefined) {
      const to = readOne(source, at + 1, escapes)
      if (!to || to.byte < from.byte) return undefined
      for (let byte = from.byte; byte <= to.byte; byte++) set[byte] = 1
      at = to.end
    } else set[from.byte] = 1
  }
  return { set: negated ? setOf((byte) => set[byte] === 0) : set, end: at }
}

/** One member: a byte, a collating symbol of one byte, or an escape. */
function readOne(source: string, at: number, escapes: BracketEscapes): { readonly byte: number; readonly end: number } | undefined {
  const char = source[at]!
  const kind = source[at + 1]
  if (char === '[' && (kind === '.' || kind === '=')) {
    const end = source.indexOf(`${kind}]`, at + 2)
    return end === at + 3 ? { byte: source.charCodeAt(at + 2), end: end + 2 } : undefined
  }
  if (char === '\\' && kind !== undefined) {
    if (escapes === 'all') {
      const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1))
      if (octal) return { byte: Number.parseInt(octal[0], 8) & 255, end: at + 1 + octal[0].length }
      return { byte: (controls[kind] ?? kind).charCodeAt(0), end: at + 2 }
    }
    if (escapes === 'some' && 'ntrfv'.includes(kind)) return { byte: controls[kind]!.charCodeAt(0), end: at + 2 }
  }
  return { byte: char.charCodeAt(0) & 255, end: at + 1 }
}
