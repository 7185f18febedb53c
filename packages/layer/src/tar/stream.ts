import { createHasher, type Digest, type Hasher, sha256 } from '@layerwright/digest'
import { LayerLimitError, TarError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { type TarMember, TarParser } from './parser.js'
import { aligned } from './scan.js'

/**
 * Scans a tar that comes in pieces, and hashes the contents as they pass, so that nothing is read again. `onMember` is called when
 * a member's data has passed; sparse files have no digest then (their holes are not in the stream).
 */
export class StreamScanner {
  readonly #parser: TarParser
  readonly #limits: LayerLimits
  readonly #hash: boolean
  readonly #onMember: (member: TarMember, digest: Digest | undefined) => void
  /** What the parser wants, as far as it has come. */
  #block = aligned(64 * 1024)
  #filled = 0
  #at = 0
  /** The member whose data is passing, what of it is still to come, and the padding behind it. */
  #member: TarMember | undefined
  #data = 0
  #padding = 0
  #hasher: Hasher | undefined
  #digest: Digest | undefined

  constructor(limits: LayerLimits, hash: boolean, onMember: (member: TarMember, digest: Digest | undefined) => void) {
    this.#parser = new TarParser(limits)
    this.#limits = limits
    this.#hash = hash
    this.#onMember = onMember
  }

  /** @throws TarError, LayerLimitError, and what `onMember` throws */
  write(chunk: Uint8Array): void {
    if (this.#at + chunk.length > this.#limits.totalBytes) throw new LayerLimitError('totalBytes', this.#limits.totalBytes, 'The tar')
    let from = 0
    while (from < chunk.length) {
      const left = chunk.length - from
      let taken: number
      if (this.#parser.ended) taken = left
      else if (this.#data > 0) taken = this.#takeData(chunk, from, Math.min(left, this.#data))
      else if (this.#padding > 0) {
        taken = Math.min(left, this.#padding)
        this.#padding -= taken
      } else taken = this.#takeBlock(chunk, from, left)
      from += taken
      this.#at += taken
    }
  }

  /** The stream has ended. @throws TarError when the tar has not. */
  end(): void {
    if (this.#parser.ended) return
    // Some writers leave the last padding out; data must be there.
    if (this.#data > 0 || this.#filled > 0) throw new TarError('TAR_TRUNCATED', this.#at, 'it ends inside a member')
    this.#parser.finish(this.#at)
  }

  #takeData(chunk: Uint8Array, from: number, count: number): number {
    if (this.#hash) {
      const part = chunk.subarray(from, from + count)
      // Most members lie whole in one chunk: the one-shot hash is twice as fast on small ones.
      if (!this.#hasher && count === this.#data) this.#digest = sha256(part)
      else this.#hasher = (this.#hasher ?? createHasher()).update(part)
    }
    this.#data -= count
    if (this.#data === 0) this.#close()
    return count
  }

  #takeBlock(chunk: Uint8Array, from: number, left: number): number {
    const want = this.#parser.want
    if (want > this.#block.bytes.length) {
      const larger = aligned(want)
      larger.bytes.set(this.#block.bytes.subarray(0, this.#filled))
      this.#block = larger
    }
    const count = Math.min(left, want - this.#filled)
    this.#block.bytes.set(chunk.subarray(from, from + count), this.#filled)
    this.#filled += count
    if (this.#filled < want) return count
    this.#filled = 0
    const member = this.#parser.push(this.#block.bytes, this.#block.words, 0, this.#at + count - want)
    this.#member = member
    this.#data = member ? member.stored : this.#parser.skip
    this.#padding = this.#parser.skip - this.#data
    if (this.#data === 0) this.#close()
    return count
  }

  #close(): void {
    const member = this.#member
    const hasher = this.#hasher
    let digest = this.#digest
    this.#member = undefined
    this.#hasher = undefined
    this.#digest = undefined
    if (!member) return
    if (hasher) digest = hasher.digest()
    else if (this.#hash && member.kind === 'file' && member.stored === 0) digest = EMPTY
    this.#onMember(member, member.kind === 'file' && !member.sparse ? digest : undefined)
  }
}

/** sha256 of nothing. */
const EMPTY: Digest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
