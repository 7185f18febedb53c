import type { Xattrs } from '@layerwright/vfs'
import { LayerLimitError, TarError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import type { SparseMap } from '../types.js'
import { parseNumber, readName, readText } from './fields.js'
import { BLOCK, checksum, isZero, padded, signedChecksum } from './format.js'
import { applyPax, type PaxValues } from './pax-values.js'
import { gnuSparseRuns, PaxSparseMap, sparseMap } from './sparse.js'

export type MemberKind = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo'

/** A member as the tar has it. Names are verbatim. */
export interface TarMember {
  readonly name: string
  readonly kind: MemberKind
  readonly linkName: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly seconds: number
  readonly nanos: number
  /** Bytes of the content, holes included. */
  readonly size: number
  /** Where its data begins in the tar. */
  readonly offset: number
  /** Bytes of data in the tar. */
  readonly stored: number
  readonly major: number
  readonly minor: number
  readonly xattrs: Xattrs | undefined
  readonly sparse: SparseMap | undefined
}

/** Kinds by type flag. NUL is a file of before ustar, `7` a contiguous one, `S` GNU's sparse one, `D` GNU's directory with a listing. */
const KINDS: ReadonlyMap<number, MemberKind> = new Map<number, MemberKind>(
  (
    [
      ['0', 'file'],
      ['\0', 'file'],
      ['7', 'file'],
      ['S', 'file'],
      ['1', 'hardlink'],
      ['2', 'symlink'],
      ['3', 'char'],
      ['4', 'block'],
      ['5', 'dir'],
      ['D', 'dir'],
      ['6', 'fifo'],
    ] as const
  ).map(([flag, kind]) => [flag.charCodeAt(0), kind]),
)

const FLAG = { pax: 0x78, solaris: 0x58, global: 0x67, longName: 0x4c, longLink: 0x4b, volume: 0x56, sparse: 0x53, dump: 0x44 } as const

const NOTHING: PaxValues = {}

interface Draft {
  member: TarMember
  /** Runs that were read so far, of a GNU sparse member. */
  runs: [number, number][]
  readonly map: PaxSparseMap
}

/**
 * A tar, block by block. The driver reads `want` bytes at its position, hands them to `push`, and moves `skip` bytes on; it neither knows
 * nor cares what they were. So one parser serves streams and random access.
 */
export class TarParser {
  /** Bytes that `push` wants next, a multiple of 512. */
  want = BLOCK
  /** Bytes to pass over before that. */
  skip = 0
  /** The end-of-archive blocks were seen. */
  ended = false

  readonly #limits: LayerLimits
  #state: 'header' | 'pax' | 'global' | 'long-name' | 'long-link' | 'gnu-sparse' | 'pax-sparse' = 'header'
  #zeros = 0
  #metaSize = 0
  #global: PaxValues = NOTHING
  #local: PaxValues = NOTHING
  #longName: string | undefined
  #longLink: string | undefined
  #draft: Draft | undefined
  #members = 0

  constructor(limits: LayerLimits) {
    this.#limits = limits
  }

  /**
   * Takes the bytes it wanted: `bytes[at .. at + want)`, with `words` laid over the same memory (`at` is a multiple of 4).
   * `offset` is their place in the tar. Gives a member when it is complete.
   * @throws TarError, LayerLimitError
   */
  push(bytes: Uint8Array, words: Uint32Array, at: number, offset: number): TarMember | undefined {
    this.skip = 0
    switch (this.#state) {
      case 'header':
        return this.#header(bytes, words, at, offset)
      case 'gnu-sparse':
        return this.#gnuSparse(bytes, at, offset)
      case 'pax-sparse':
        return this.#paxSparse(bytes.subarray(at, at + BLOCK), offset)
      default:
        this.#meta(bytes.subarray(at, at + this.#metaSize), offset)
        this.#state = 'header'
        this.want = BLOCK
        return undefined
    }
  }

  /** Whether a header that stands alone may come next: nothing was said about it before, and no end was seen. */
  get expectsPlain(): boolean {
    return (
      this.#state === 'header' &&
      this.#local === NOTHING &&
      this.#global === NOTHING &&
      this.#zeros === 0 &&
      this.#longName === undefined &&
      this.#longLink === undefined
    )
  }

  /** A member with `stored` bytes of data was read without this parser. @throws LayerLimitError */
  pass(stored: number): void {
    this.#count()
    this.#checkSize(stored)
    this.skip = padded(stored)
  }

  /** The tar ends here, at a place where a header could begin. @throws TarError when it is the middle of something. */
  finish(offset: number): void {
    if (this.#state !== 'header' || this.#local !== NOTHING || this.#longName !== undefined || this.#longLink !== undefined) {
      throw new TarError('TAR_TRUNCATED', offset, 'it ends in the middle of a member')
    }
    this.ended = true
  }

  #header(bytes: Uint8Array, words: Uint32Array, at: number, offset: number): TarMember | undefined {
    const sum = checksum(words, bytes, at)
    // Eight blanks are 256: a block of zeros.
    if (sum === 256 && isZero(words, at)) {
      if (++this.#zeros === 2) this.ended = true
      return undefined
    }
    if (this.#zeros > 0) throw new TarError('TAR_HEADER_INVALID', offset, 'something follows a block of zeros')
    const stated = parseNumber(bytes, at + 148, 8, offset)
    if (stated !== sum && stated !== signedChecksum(bytes, at))
      throw new TarError('TAR_HEADER_INVALID', offset, 'a header has a wrong checksum')
    const type = bytes[at + 156]!
    const kind = KINDS.get(type)
    if (kind) return this.#member(kind, type, bytes, at, offset)
    switch (type) {
      case FLAG.pax:
      case FLAG.solaris:
        return this.#awaitMeta('pax', bytes, at, offset)
      case FLAG.global:
        return this.#awaitMeta('global', bytes, at, offset)
      case FLAG.longName:
        return this.#awaitMeta('long-name', bytes, at, offset)
      case FLAG.longLink:
        return this.#awaitMeta('long-link', bytes, at, offset)
      case FLAG.volume:
        // A volume label: no member.
        this.skip = padded(parseNumber(bytes, at + 124, 12, offset))
        return undefined
    }
    const shown = JSON.stringify(String.fromCharCode(type))
    throw new TarError('TAR_TYPE_UNSUPPORTED', offset, `a member has the type ${shown}, which this library does not know`)
  }

  #awaitMeta(state: 'pax' | 'global' | 'long-name' | 'long-link', bytes: Uint8Array, at: number, offset: number): undefined {
    this.#metaSize = parseNumber(bytes, at + 124, 12, offset)
    if (this.#metaSize < 0) throw new TarError('TAR_HEADER_INVALID', offset, 'an extended header has a negative size')
    if (this.#metaSize > this.#limits.paxBytes)
      throw new LayerLimitError('paxBytes', this.#limits.paxBytes, `An extended header of ${this.#metaSize} bytes`)
    if (this.#metaSize === 0) return undefined
    this.#state = state
    this.want = padded(this.#metaSize)
    return undefined
  }

  #meta(payload: Uint8Array, offset: number): void {
    if (this.#state === 'pax') this.#local = applyPax(this.#local, payload, offset)
    else if (this.#state === 'global') this.#global = applyPax(this.#global, payload, offset)
    else if (this.#state === 'long-name') this.#longName = readText(payload, 0, payload.length)
    else this.#longLink = readText(payload, 0, payload.length)
  }

  #member(typeKind: MemberKind, type: number, bytes: Uint8Array, at: number, offset: number): TarMember | undefined {
    this.#count()
    const pax = this.#local === NOTHING ? this.#global : this.#global === NOTHING ? this.#local : { ...this.#global, ...this.#local }
    const name = pax.sparseName ?? pax.path ?? this.#longName ?? readName(bytes, at)
    const linkName = pax.linkPath ?? this.#longLink ?? (bytes[at + 157] === 0 ? '' : readText(bytes, at + 157, 100))
    this.#local = NOTHING
    this.#longName = undefined
    this.#longLink = undefined
    // Before ustar a directory was a file whose name ends in a slash.
    const kind = typeKind === 'file' && name.endsWith('/') ? 'dir' : typeKind
    // What has no data by nature has none, whatever its size says. What comes with a GNU dump directory ("D"), or with a file whose name makes it a directory, is
    // passed over.
    const hasData = typeKind === 'file' || type === FLAG.dump
    const stored = hasData ? (pax.size ?? parseNumber(bytes, at + 124, 12, offset)) : 0
    if (stored < 0) throw new TarError('TAR_HEADER_INVALID', offset, 'a member has a negative size')
    const isDevice = kind === 'char' || kind === 'block'
    const uid = pax.uid ?? parseNumber(bytes, at + 108, 8, offset)
    const gid = pax.gid ?? parseNumber(bytes, at + 116, 8, offset)
    if (!isId(uid) || !isId(gid)) throw new TarError('TAR_HEADER_INVALID', offset, `owner ${uid}:${gid} is not between 0 and 4294967295`)
    const member: TarMember = {
      name,
      kind,
      linkName,
      mode: parseNumber(bytes, at + 100, 8, offset) & 0o7777,
      uid,
      gid,
      seconds: pax.mtime ? pax.mtime.seconds : parseNumber(bytes, at + 136, 12, offset),
      nanos: pax.mtime ? pax.mtime.nanos : 0,
      size: kind === 'file' ? stored : 0,
      offset: offset + BLOCK,
      stored,
      major: isDevice ? (pax.major ?? parseNumber(bytes, at + 329, 8, offset)) : 0,
      minor: isDevice ? (pax.minor ?? parseNumber(bytes, at + 337, 8, offset)) : 0,
      xattrs: pax.xattrs,
      sparse: undefined,
    }
    if (kind === 'file' && type === FLAG.sparse) {
      const draft: Draft = { member: { ...member, size: parseNumber(bytes, at + 483, 12, offset) }, runs: [], map: new PaxSparseMap() }
      const more = gnuSparseRuns(bytes, at + 386, 4, draft.runs, offset) && bytes[at + 482] === 1
      if (!more) return this.#sparse(draft, offset)
      this.#draft = draft
      this.#state = 'gnu-sparse'
      return undefined
    }
    if (kind === 'file' && pax.sparse) {
      const draft: Draft = { member: { ...member, size: pax.sparse.size ?? stored }, runs: pax.sparse.runs ?? [], map: new PaxSparseMap() }
      if (!pax.sparse.mapInData) return this.#sparse(draft, offset)
      this.#draft = draft
      this.#state = 'pax-sparse'
      return undefined
    }
    return this.#done(member)
  }

  #gnuSparse(bytes: Uint8Array, at: number, offset: number): TarMember | undefined {
    const draft = this.#draft!
    const more = gnuSparseRuns(bytes, at, 21, draft.runs, offset) && bytes[at + 504] === 1
    this.#checkRuns(draft.runs.length)
    draft.member = { ...draft.member, offset: offset + BLOCK }
    return more ? undefined : this.#sparse(draft, offset)
  }

  #paxSparse(block: Uint8Array, offset: number): TarMember | undefined {
    const draft = this.#draft!
    const { map } = draft
    if (map.length + BLOCK > Math.min(draft.member.stored, this.#limits.sparseRuns * 24)) {
      throw new TarError('TAR_SPARSE_INVALID', offset, 'a sparse map has no end')
    }
    const runs = map.push(block, offset)
    if (!runs) return undefined
    draft.runs = runs
    draft.member = { ...draft.member, offset: offset + BLOCK, stored: draft.member.stored - map.length }
    return this.#sparse(draft, offset)
  }

  #checkRuns(count: number): void {
    if (count > this.#limits.sparseRuns) throw new LayerLimitError('sparseRuns', this.#limits.sparseRuns, 'A sparse map')
  }

  #sparse({ member, runs }: Draft, offset: number): TarMember {
    this.#checkRuns(runs.length)
    this.#state = 'header'
    this.#draft = undefined
    return this.#done({ ...member, sparse: sparseMap(runs, member.size, member.stored, offset) })
  }

  #done(member: TarMember): TarMember {
    this.#checkSize(member.size)
    this.skip = padded(member.stored)
    return member
  }

  #count(): void {
    if (++this.#members > this.#limits.entries) throw new LayerLimitError('entries', this.#limits.entries, 'The number of members')
  }

  #checkSize(size: number): void {
    if (size > this.#limits.entryBytes) throw new LayerLimitError('entryBytes', this.#limits.entryBytes, `A member of ${size} bytes`)
  }
}

const isId = (id: number): boolean => id >= 0 && id <= 0xffffffff
