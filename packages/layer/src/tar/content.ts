import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import { type Content, knownDigest, rememberDigest } from '@layerwright/vfs'
import { ContentSizeError } from '../errors.js'
import { padded } from './format.js'
import type { TarOutput } from './output.js'

/**
 * Writes a content and its padding, where it can be read at once and fits in the buffer: it is read straight into it, and hashed there.
 * Gives its digest, `unhashed` where it is neither wanted nor known, and undefined where it must be streamed instead.
 * @throws ContentSizeError
 */
export function writeContentSync(out: TarOutput, content: Content, path: string, wanted: boolean): Digest | 'unhashed' | undefined {
  const { size } = content
  const total = padded(size)
  if (!content.readInto || total > out.capacity) return undefined
  const at = out.reserve(total)
  // One byte more than announced is asked for where the buffer has it: a file that grew shows itself without another call.
  const spare = size < total || out.room > 0 ? 1 : 0
  const target = out.bytes.subarray(at, at + size + spare)
  let got = content.readInto(target, 0)
  while (got > 0 && got < size) {
    const more = content.readInto(target.subarray(got), got)
    if (more === 0) break
    got += more
  }
  if (got !== size) throw new ContentSizeError(path, size, got > size ? 'more' : String(got))
  out.bytes.fill(0, at + size, at + total)
  const known = knownDigest(content)
  if (known) return known
  if (!wanted) return 'unhashed'
  const digest = sha256(out.bytes.subarray(at, at + size))
  rememberDigest(content, digest)
  return digest
}

/** Writes a content of any size and kind in pieces; gives its digest where it is wanted or known. @throws ContentSizeError */
export async function writeContentStream(out: TarOutput, content: Content, path: string, wanted: boolean): Promise<Digest | undefined> {
  const { size } = content
  const known = knownDigest(content)
  const hasher = known || !wanted ? undefined : createHasher()
  let done = 0
  const take = (part: Uint8Array) => {
    done += part.length
    if (done > size) throw new ContentSizeError(path, size, 'more')
    hasher?.update(part)
  }
  if (content.readInto) {
    while (done < size) {
      // The buffer itself is the target: no copy.
      const count = Math.min(out.capacity, size - done)
      const at = out.reserve(count)
      const target = out.bytes.subarray(at, at + count)
      let got = 0
      while (got < count) {
        const more = content.readInto(got === 0 ? target : target.subarray(got), done + got)
        if (more === 0) throw new ContentSizeError(path, size, String(done + got))
        got += more
      }
      take(target)
      // Large files let others have a turn between the pieces.
      await undefined
    }
    if (content.readInto(new Uint8Array(1), size) > 0) throw new ContentSizeError(path, size, 'more')
  } else {
    for await (const chunk of content.stream()) {
      take(chunk)
      out.write(chunk)
    }
    if (done !== size) throw new ContentSizeError(path, size, String(done))
  }
  out.zeros(padded(size) - size)
  if (known) return known
  const digest = hasher?.digest()
  if (!digest) return undefined
  rememberDigest(content, digest)
  return digest
}
