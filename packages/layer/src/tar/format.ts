/** The tar format: POSIX.1-2017 "pax", ustar, and what GNU tar adds. */
export const BLOCK = 512

/** Bytes rounded up to whole blocks. */
export const padded = (size: number): number => (size < 0x7fff_fe00 ? (size + 511) & ~511 : Math.ceil(size / BLOCK) * BLOCK)

const EVEN = 0x00ff00ff

/**
 * Sum of the bytes of a header, with the checksum field counted as blanks. `words` is laid over the same memory; `at` in bytes, a
 * multiple of 4. Two bytes are summed at a time in 16-bit lanes, which 128 words of 255 just do not overflow. Most of a header is zeros: eight words that are
 * cost one test.
 */
export function checksum(words: Uint32Array, bytes: Uint8Array, at: number): number {
  let low = 0
  let high = 0
  const from = at >>> 2
  for (let i = from; i < from + 128; i += 8) {
    const a = words[i]!
    const b = words[i + 1]!
    const c = words[i + 2]!
    const d = words[i + 3]!
    const e = words[i + 4]!
    const f = words[i + 5]!
    const g = words[i + 6]!
    const h = words[i + 7]!
    if ((a | b | c | d | e | f | g | h) === 0) continue
    low = (low + (a & EVEN) + (b & EVEN) + (c & EVEN) + (d & EVEN) + (e & EVEN) + (f & EVEN) + (g & EVEN) + (h & EVEN)) | 0
    high = (high + odd(a) + odd(b) + odd(c) + odd(d) + odd(e) + odd(f) + odd(g) + odd(h)) | 0
  }
  let sum = (low & 0xffff) + (low >>> 16) + (high & 0xffff) + (high >>> 16)
  for (let i = at + 148; i < at + 156; i++) sum += 32 - bytes[i]!
  return sum
}

const odd = (word: number): number => (word >>> 8) & EVEN

/** The same with signed bytes, as some old tars computed it. */
export function signedChecksum(bytes: Uint8Array, at: number): number {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (bytes[at + i]! << 24) >> 24
  return sum
}

/** Whether a block is all zeros; `at` in bytes. */
export function isZero(words: Uint32Array, at: number): boolean {
  for (let i = at >>> 2; i < (at >>> 2) + 128; i++) if (words[i] !== 0) return false
  return true
}
