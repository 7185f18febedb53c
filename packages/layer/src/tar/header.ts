import { encodeName, type Xattrs } from '@layerwright/vfs'
import { LayerError } from '../errors.js'
import { BLOCK, checksum, padded } from './format.js'
import type { TarOutput } from './output.js'
import { encodePax, paxTime } from './pax.js'

/** What a header is made of. The name is complete: a directory's ends in a slash. */
export interface HeaderInit {
  readonly name: string
  /** Type flag, as a character code. */
  readonly type: number
  readonly linkName: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly seconds: number
  readonly nanos: number
  readonly size: number
  readonly major: number
  readonly minor: number
  readonly xattrs: Xattrs | undefined
}

export const TYPE = { file: 0x30, hardlink: 0x31, symlink: 0x32, char: 0x33, block: 0x34, dir: 0x35, fifo: 0x36 } as const

const MAX_ID = 0o7777777
const MAX_SIZE = 0o77777777777
const MAX_TIME = 0o77777777777
const SLASH = 47

const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= 0xffffffff

/**
 * Writes a header, with a PAX header before it where a value does not fit in ustar: names over 100 bytes that can't be split, links over 100
 * bytes, ids above 2097151, sizes from 8 GiB, times before 1970, after 2242 or with a fraction, and extended attributes. Canonical:
 * the same values give the same bytes; no user or group names; records sorted by key.
 * @throws LayerError LAYER_VALUE_RANGE for an owner that is no id of 32 bits (it would become another one, S17), and a device number that no form can hold
 */
export function writeHeader(out: TarOutput, init: HeaderInit): void {
  if (!isId(init.uid) || !isId(init.gid)) {
    throw new LayerError('LAYER_VALUE_RANGE', init.name, `owner ${init.uid}:${init.gid} is not between 0 and 4294967295`)
  }
  const name = asciiLength(init.name) <= 100 ? init.name : encodeName(init.name)
  const link = asciiLength(init.linkName) <= 100 ? init.linkName : encodeName(init.linkName)
  const split = name.length > 100 ? splitName(name as Uint8Array) : 0
  const time = init.nanos === 0 && init.seconds >= 0 && init.seconds <= MAX_TIME
  if (split < 0 || link.length > 100 || init.uid > MAX_ID || init.gid > MAX_ID || init.size > MAX_SIZE || !time || init.xattrs) {
    writePax(out, init, split < 0, link.length > 100, time)
  }
  if (init.major > MAX_ID || init.minor > MAX_ID) {
    throw new LayerError('LAYER_VALUE_RANGE', init.name, `device numbers ${init.major}:${init.minor} do not fit in a tar header`)
  }
  const at = out.reserve(BLOCK)
  const { bytes } = out
  bytes.fill(0, at, at + BLOCK)
  if (split > 0) {
    putText(bytes, at, (name as Uint8Array).subarray(split + 1), 100)
    putText(bytes, at + 345, (name as Uint8Array).subarray(0, split), 155)
  } else putText(bytes, at, name, 100)
  putOctal(bytes, at + 100, 7, init.mode)
  putOctal(bytes, at + 108, 7, init.uid > MAX_ID ? 0 : init.uid)
  putOctal(bytes, at + 116, 7, init.gid > MAX_ID ? 0 : init.gid)
  putOctal(bytes, at + 124, 11, init.size > MAX_SIZE ? 0 : init.size)
  putOctal(bytes, at + 136, 11, Math.min(Math.max(init.seconds, 0), MAX_TIME))
  bytes[at + 156] = init.type
  putText(bytes, at + 157, link, 100)
  // "ustar\0" "00"
  bytes[at + 257] = 0x75
  bytes[at + 258] = 0x73
  bytes[at + 259] = 0x74
  bytes[at + 260] = 0x61
  bytes[at + 261] = 0x72
  bytes[at + 263] = 0x30
  bytes[at + 264] = 0x30
  if (init.type === TYPE.char || init.type === TYPE.block) {
    putOctal(bytes, at + 329, 7, init.major)
    putOctal(bytes, at + 337, 7, init.minor)
  }
  // Six digits, a NUL and a blank, as every tar writes it. The field is still zeros, which `checksum` counts as blanks.
  putOctal(bytes, at + 148, 6, checksum(out.words, bytes, at))
  bytes[at + 155] = 32
}

const OBJECT: Omit<HeaderInit, 'size'> = {
  name: '././@PaxHeader',
  type: 0x78,
  linkName: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  seconds: 0,
  nanos: 0,
  major: 0,
  minor: 0,
  xattrs: undefined,
}

function writePax(out: TarOutput, init: HeaderInit, longName: boolean, longLink: boolean, plainTime: boolean): void {
  const text = (value: number | string) => encodeName(String(value))
  const records: [string, Uint8Array][] = []
  if (longName) records.push(['path', encodeName(init.name)])
  if (longLink) records.push(['linkpath', encodeName(init.linkName)])
  if (init.uid > MAX_ID) records.push(['uid', text(init.uid)])
  if (init.gid > MAX_ID) records.push(['gid', text(init.gid)])
  if (init.size > MAX_SIZE) records.push(['size', text(init.size)])
  if (!plainTime) records.push(['mtime', text(paxTime(init.seconds, init.nanos))])
  for (const [name, value] of init.xattrs ?? []) records.push([`SCHILY.xattr.${name}`, value])
  records.sort(([a], [b]) => (a < b ? -1 : 1))
  const payload = encodePax(records)
  writeHeader(out, { ...OBJECT, size: payload.length })
  out.write(payload)
  out.zeros(padded(payload.length) - payload.length)
}

/** Length where all is ASCII, else Infinity. */
function asciiLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return Number.POSITIVE_INFINITY
  return text.length
}

/** Where to split a long name into prefix and name (at most 155 and 100 bytes); -1: nowhere. The last possible slash is taken. */
function splitName(name: Uint8Array): number {
  if (name.length > 256) return -1
  // A directory's own slash at the end does not split.
  for (let i = Math.min(155, name.length - 2); i > 0; i--) {
    if (name[i] === SLASH) return name.length - i - 1 <= 100 ? i : -1
  }
  return -1
}

/** At most `room` bytes: where the rest is in a PAX record, the header's own name only helps readers that know no PAX. */
function putText(bytes: Uint8Array, at: number, text: string | Uint8Array, room: number): void {
  const length = Math.min(text.length, room)
  if (typeof text === 'string') for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
  else bytes.set(text.subarray(0, length), at)
}

function putOctal(bytes: Uint8Array, at: number, digits: number, value: number): void {
  let i = at + digits - 1
  let rest = value
  // Above 32 bits there are no shifts; nearly every number lies below.
  for (; rest > 0xffffffff; i--) {
    bytes[i] = 48 + (rest % 8)
    rest = Math.floor(rest / 8)
  }
  for (; i >= at; i--) {
    bytes[i] = 48 + (rest & 7)
    rest >>>= 3
  }
}
