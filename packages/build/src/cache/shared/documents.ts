/** JSON and small blobs from elsewhere: nothing of them is believed before it was looked at. */
import { type Digest, isDigest, sha256 } from '@layerwright/digest'
import type { Descriptor } from '@layerwright/image'
import type { Content } from '@layerwright/vfs'
import { isAboutEntry } from './about-entry.js'

/** The object that some bytes are; undefined for anything else. */
export function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return objectIn(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return undefined
  }
}

export const objectIn = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

export function descriptorIn(value: unknown): Descriptor | undefined {
  const { mediaType, digest, size } = objectIn(value) ?? {}
  const right =
    typeof mediaType === 'string' && typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && (size as number) >= 0
  return right ? { mediaType, digest: digest as Digest, size: size as number } : undefined
}

/**
 * A blob that is held whole: no more of it is read than its descriptor says, and that no more than `most` bytes.
 * @param refuse makes the error for one that is another
 */
export async function readSmall(
  { digest, size }: Descriptor,
  content: Content,
  most: number,
  refuse: (why: string) => Error,
): Promise<Uint8Array> {
  if (size > most) throw refuse(`the blob ${digest} has ${size} bytes, more than ${most}`)
  const bytes = new Uint8Array(size)
  let at = 0
  try {
    for await (const chunk of content.stream()) {
      if (at + chunk.length > size) throw refuse(`the blob ${digest} is longer than the ${size} bytes that it should have`)
      bytes.set(chunk, at)
      at += chunk.length
    }
  } catch (error) {
    throw isAboutEntry(error) ? refuse(error instanceof Error ? error.message : String(error)) : error
  }
  if (at < size || sha256(bytes) !== digest) throw refuse(`the blob ${digest} has other bytes`)
  return bytes
}
