import { decodeName, encodeName } from '@layerwright/vfs'

/**
 * Inside the simulated shell every string is a byte string: one character (U+0000 to U+00FF) a byte, as in the C locale that a
 * container starts with. So `${#x}`, `cut -c`, sorting and `printf '\xff'` count and write bytes exactly. Names of the
 * filesystem and what comes from outside are converted here and nowhere else.
 */

const chunk = 8192
/** From here on the engine's own coders are faster, as long as all is ASCII: a hundred times for whole files. */
const worthCoder = 32
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** A byte string of some bytes. */
export function fromBytes(bytes: Uint8Array): string {
  if (bytes.length >= worthCoder) {
    // As many characters as bytes, and none for bytes that are no UTF-8: then each stands for its byte.
    const text = decoder.decode(bytes)
    if (text.length === bytes.length && !text.includes('\ufffd')) return text
  }
  let text = ''
  for (let at = 0; at < bytes.length; at += chunk) text += fromCodes(bytes.subarray(at, at + chunk))
  return text
}

// `apply` takes a typed array as it is; a spread goes through an iterator.
const fromCodes = (codes: Uint8Array): string => String.fromCharCode.apply(null, codes as unknown as number[]) // type-ok: array-like is enough

/** The bytes of a byte string. */
export function toBytes(text: string): Uint8Array {
  if (text.length >= 4 * worthCoder) {
    const encoded = encoder.encode(text)
    if (encoded.length === text.length) return encoded
  }
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

/** A name or a text from outside as a byte string. */
export function fromName(name: string): string {
  return isAscii(name) ? name : fromBytes(encodeName(name))
}

/** A byte string as a name of the filesystem. */
export function toName(text: string): string {
  return isAscii(text) ? text : decodeName(toBytes(text))
}

/** Joins byte arrays. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0]
  if (parts.length === 1 && only) return only
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
