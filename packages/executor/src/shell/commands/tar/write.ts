import type { Stat } from '@layerwright/vfs'
import { toBytes } from '../../system/bytes.js'

/** One member of a tar that is written: names are byte strings. */
export interface Member {
  readonly name: string
  readonly stat: Stat
  readonly linkName: string
  /** A hard link to a member that was written before. */
  readonly hard: boolean
  readonly userName: string
  readonly groupName: string
}

const flags = { file: '0', symlink: '2', char: '3', block: '4', dir: '5', fifo: '6' } as const
export const blockSize = 512

/** The header blocks of a member as GNU tar writes them: long names in records of their own, large numbers in base 256. */
export function headerBlocks(member: Member): Uint8Array {
  const parts: Uint8Array[] = []
  const long = (flag: string, text: string) => {
    const bytes = toBytes(`${text}\0`)
    parts.push(
      header({
        name: '././@LongLink',
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: bytes.length,
        seconds: 0,
        flag,
        linkName: '',
        userName: 'root',
        groupName: 'root',
      }),
    )
    const padded = new Uint8Array(Math.ceil(bytes.length / blockSize) * blockSize)
    padded.set(bytes)
    parts.push(padded)
  }
  if (member.linkName.length > 100) long('K', member.linkName)
  if (member.name.length > 100) long('L', member.name)
  const { stat } = member
  const device = stat.type === 'char' || stat.type === 'block'
  parts.push(
    header({
      name: member.name.slice(0, 100),
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      size: stat.type === 'file' && !member.hard ? stat.size : 0,
      seconds: Number(stat.mtimeNs / 1_000_000_000n) - (stat.mtimeNs < 0n && stat.mtimeNs % 1_000_000_000n !== 0n ? 1 : 0),
      flag: member.hard ? '1' : flags[stat.type],
      linkName: member.linkName.slice(0, 100),
      userName: member.userName,
      groupName: member.groupName,
      ...(device ? { major: stat.major ?? 0, minor: stat.minor ?? 0 } : {}),
    }),
  )
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

interface Header {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly seconds: number
  readonly flag: string
  readonly linkName: string
  readonly userName: string
  readonly groupName: string
  readonly major?: number
  readonly minor?: number
}

function header(fields: Header): Uint8Array {
  const block = new Uint8Array(blockSize)
  const put = (at: number, text: string) => block.set(toBytes(text), at)
  const number = (at: number, width: number, value: number) => {
    if (value >= 0 && value < 8 ** (width - 1)) put(at, `${value.toString(8).padStart(width - 1, '0')}\0`)
    else {
      // Base 256, two's complement, marked by the highest bit.
      let rest = BigInt.asUintN(width * 8, BigInt(value))
      for (let place = width - 1; place >= 0; place--) {
        block[at + place] = Number(rest & 255n)
        rest >>= 8n
      }
      block[at] = value < 0 ? 0xff : 0x80 | block[at]!
    }
  }
  put(0, fields.name)
  number(100, 8, fields.mode & 0o7777)
  number(108, 8, fields.uid)
  number(116, 8, fields.gid)
  number(124, 12, fields.size)
  number(136, 12, fields.seconds)
  put(148, '        ')
  put(156, fields.flag)
  put(157, fields.linkName)
  put(257, 'ustar  \0')
  put(265, fields.userName.slice(0, 31))
  put(297, fields.groupName.slice(0, 31))
  if (fields.major !== undefined) {
    number(329, 8, fields.major)
    number(337, 8, fields.minor ?? 0)
  }
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}
