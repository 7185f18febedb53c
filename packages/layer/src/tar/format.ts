/** The tar format: POSIX.1-2017 "pax", ustar, and what GNU tar adds. */
export const BLOCK = 512

/** Bytes rounded up to whole blocks. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

/**
 * Sum of the bytes of a header, with the checksum field counted as blanks. `words` is laid over the same memory; `at` in bytes, a
 * multiple of 4. Two bytes are summed at a time in 16-bit lanes, which 128 words of 255 just do not overflow.
 */
export function checksum(words: Uint32Array, bytes: Uint8Array, at: number): number {
  let lanes = 0
  let high = 0
  const from = at >>> 2
  for (let i = from; i < from + 128; i++) {
    const word = words[i]!
    lanes += word & 0x00ff00ff
    high += (word >>> 8) & 0x00ff00ff
  }
  let sum = (lanes & 0xffff) + (lanes >>> 16) + (high & 0xffff) + (high >>> 16)
  for (let i = at + 148; i < at + 156; i++) sum += 32 - bytes[i]!
  return sum
}

/** The same with signed bytes, as some old tars computed it. */
export function signedChecksum(bytes: Uint8Array, at: number): number {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (bytes[at + i]! << 24) >> 24
  return sum
}
