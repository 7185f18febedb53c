import type { Content } from '@layerwright/vfs'
import { LayerLimitError, TarError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { type TarMember, TarParser } from './parser.js'

/** A content that can be read anywhere, at once. */
export type SyncContent = Content & { readInto: NonNullable<Content['readInto']> }

export const isSync = (content: Content): content is SyncContent => content.readInto !== undefined

/** Bytes that one read takes where members are small. Where they are large it takes what the headers of the last one took. */
const WIDE = 128 * 1024
/** From this distance between headers on, many small reads cost less than passing everything through memory: of files, and far less of bytes in memory. */
const FAR = 4 * 1024

/** Memory with words laid over it, for the checksums. */
export function aligned(size: number): { readonly bytes: Uint8Array; readonly words: Uint32Array } {
  const buffer = new ArrayBuffer(size)
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) }
}

/**
 * Scans the headers of a tar that can be read anywhere; contents are passed over.
 * @throws TarError, LayerLimitError
 */
export function scanHeaders(content: SyncContent, onMember: (member: TarMember) => void, limits: LayerLimits): void {
  if (content.size > limits.totalBytes) throw new LayerLimitError('totalBytes', limits.totalBytes, `A tar of ${content.size} bytes`)
  const parser = new TarParser(limits)
  let window = aligned(WIDE)
  let start = 0
  let length = 0
  let at = 0
  // Moving average of the distance between headers: decides how much a read takes.
  let stride = 0
  /** Bytes of headers of the last member, and of the one that is read now. */
  let narrow = 512
  let headers = 0
  while (!parser.ended) {
    const need = parser.want
    if (at + need > start + length) {
      if (need > window.bytes.length) window = aligned(need)
      const wanted = Math.max(need, stride > FAR ? narrow : window.bytes.length)
      start = at
      length = content.readInto(window.bytes.subarray(0, wanted), at)
      if (length < need) {
        if (length > 0) throw new TarError('TAR_TRUNCATED', at, `it ends after ${content.size} bytes`)
        parser.finish(at)
        return
      }
    }
    const member = parser.push(window.bytes, window.words, at - start, at)
    at += need
    headers += need
    if (member) {
      narrow = headers
      headers = 0
    }
    if (parser.skip > 0) {
      stride += (parser.skip - stride) / 8
      if (member && member.offset + member.stored > content.size)
        throw new TarError('TAR_TRUNCATED', content.size, 'it ends inside a member')
      at += parser.skip
    }
    if (member) onMember(member)
  }
}
