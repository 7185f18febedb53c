/** A set of bytes: 1 at the index of each member. */
export type ByteSet = Uint8Array

/** What holds between two characters. */
export type Place =
  | 'lineStart'
  | 'lineEnd'
  | 'textStart'
  | 'textEnd'
  | 'boundary'
  | 'inside'
  | 'wordStart'
  | 'wordEnd'
  | 'afterNoWord'
  | 'beforeNoWord'

/** The tree of a POSIX regular expression. */
export type RegExpNode =
  | { readonly type: 'set'; readonly set: ByteSet }
  | { readonly type: 'place'; readonly place: Place }
  /** `capture` false: a group that only holds together. */
  | { readonly type: 'group'; readonly body: RegExpNode; readonly capture: boolean }
  | { readonly type: 'either'; readonly options: readonly RegExpNode[] }
  | { readonly type: 'sequence'; readonly parts: readonly RegExpNode[] }
  | { readonly type: 'repeat'; readonly body: RegExpNode; readonly min: number; readonly max: number }
  | { readonly type: 'back'; readonly group: number }

export function setOf(holds: (byte: number) => boolean): ByteSet {
  const set = new Uint8Array(256)
  for (let byte = 0; byte < 256; byte++) if (holds(byte)) set[byte] = 1
  return set
}

export const isWord = (byte: number): boolean =>
  byte === 95 || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)

/** With the other case of every ASCII letter: no other byte has a case in the C locale. */
export function foldCase(set: ByteSet): ByteSet {
  return setOf((byte) => {
    if (set[byte]) return true
    const upper = byte >= 65 && byte <= 90
    const lower = byte >= 97 && byte <= 122
    return (upper && set[byte + 32] === 1) || (lower && set[byte - 32] === 1)
  })
}
