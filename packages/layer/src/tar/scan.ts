import type { Content } from '@layerwright/vfs'
import { LayerLimitError, TarError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { BLOCK } from './format.js'
import { type TarMember, TarParser } from './parser.js'
import { PlainHeader } from './plain.js'

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

/** Takes a member with a plain header, which stands at `at` of `bytes`; its data begins at `offset` of the tar. False: it goes to `onMember` instead. */
type OnPlain = (header: PlainHeader, bytes: Uint8Array, words: Uint32Array, at: number, offset: number) => boolean

/**
 * Scans the headers of a tar that can be read anywhere; contents are passed over.
 * @throws TarError, LayerLimitError
 */
export function scanHeaders(content: SyncContent, onMember: (member: TarMember) => void, limits: LayerLimits, onPlain?: OnPlain): void {
  if (content.size > limits.totalBytes) throw new LayerLimitError('totalBytes', limits.totalBytes, `A tar of ${content.size} bytes`)
  const parser = new TarParser(limits)
  const plain = new PlainHeader()
  const window = new Window(content)
  let at = 0
  while (!parser.ended) {
    const need = parser.want
    const place = window.place(at, need)
    if (place < 0) {
      parser.finish(at)
      return
    }
    const { bytes, words } = window
    let member: TarMember | undefined
    const isPlain =
      onPlain !== undefined && parser.expectsPlain && plain.read(bytes, words, place) && onPlain(plain, bytes, words, place, at + BLOCK)
    if (isPlain) parser.pass(plain.size)
    else member = parser.push(bytes, words, place, at)
    at += need
    if (isPlain || member) {
      window.passed(at, parser.skip)
      const stored = member ? member.stored : plain.size
      if (at + stored > content.size) throw new TarError('TAR_TRUNCATED', content.size, 'it ends inside a member')
    }
    at += parser.skip
    if (member) onMember(member)
  }
}

/** What of a content lies in memory: all of it where it does anyway, else what was read last. */
class Window {
  bytes: Uint8Array
  words: Uint32Array
  readonly #content: SyncContent
  /** Where in the content the window begins, and how much of it is filled. */
  #start = 0
  #length = 0
  /** Moving average of what is passed over between headers: decides how much a read takes. */
  #stride = 0
  /** Bytes of headers of the last member, and where the next one's begin. */
  #narrow = BLOCK
  #headers = 0

  constructor(content: SyncContent) {
    this.#content = content
    const all = content.view?.(0, content.size)
    if (all && all.byteOffset % 4 === 0) {
      this.bytes = all
      this.words = new Uint32Array(all.buffer, all.byteOffset, all.length >>> 2)
      this.#length = all.length
    } else ({ bytes: this.bytes, words: this.words } = aligned(WIDE))
  }

  /** Where in the window `need` bytes from `at` on lie; -1: the content ends at `at`. @throws TarError when it ends in between */
  place(at: number, need: number): number {
    if (at + need <= this.#start + this.#length) return at - this.#start
    if (at >= this.#content.size) return -1
    if (at + need > this.#content.size) throw new TarError('TAR_TRUNCATED', at, `it ends after ${this.#content.size} bytes`)
    if (need > this.bytes.length) ({ bytes: this.bytes, words: this.words } = aligned(need))
    const wanted = Math.max(need, this.#stride > FAR ? this.#narrow : this.bytes.length)
    this.#start = at
    this.#length = this.#content.readInto(this.bytes.subarray(0, wanted), at)
    if (this.#length < need) throw new TarError('TAR_TRUNCATED', at, `it ends after ${at + this.#length} bytes`)
    return 0
  }

  /** A member's headers end at `at`, and `skip` bytes are passed over. */
  passed(at: number, skip: number): void {
    this.#narrow = at - this.#headers
    this.#headers = at + skip
    this.#stride += (skip - this.#stride) / 8
  }
}
