import type { Stat } from '@layerwright/vfs'
import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { formatDate } from '../text/dates.js'
import { readEscapes } from '../text/escapes.js'
import { linkCount } from '../text/links.js'
import { showMode, typeBits } from '../text/mode.js'
import { Owners } from '../text/owners.js'
import type { Command } from './types.js'

const kinds = {
  file: 'regular file',
  dir: 'directory',
  symlink: 'symbolic link',
  fifo: 'fifo',
  char: 'character special file',
  block: 'block special file',
} as const

const standard = `  File: %N
  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F
Device: %Hd,%Ld\tInode: %-11i Links: %h
Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)
Access: %x
Modify: %y
Change: %z
 Birth: %w
`

export const stat: Command = async (call) => {
  const options = parseOptions(call, 'c:fLt', { format: 'c:', printf: 'printf:', dereference: 'L', 'file-system': 'f', terse: 't' })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  const owners = await Owners.load(call)
  const given = options.value('c')
  const raw = options.value('printf')
  for (const operand of options.operands) {
    try {
      const path = call.path(operand)
      const found = options.has('L') ? call.fs.stat(path) : call.fs.lstat(path)
      if (options.has('f')) throw new NotSimulated('-f: file system status is not simulated')
      const format =
        given === undefined
          ? raw === undefined
            ? options.has('t')
              ? '%n %s %b %f %u %g %D %i %h 0 0 %X %Y %Z %W %o\n'
              : standard
            : readEscapes(raw, 'printf').text
          : `${given}\n`
      call.out(render(call, format, operand, found, owners))
    } catch (error) {
      if (error instanceof CommandFailure) throw error
      call.fail(`cannot statx '${operand}': ${strerror(error)}`)
    }
  }
}

function render(call: Call, format: string, operand: string, found: Stat, owners: Owners): string {
  return format.replace(
    /%([-#0+ ]*)([0-9]*)(?:\.([0-9]*))?([HL]?[a-zA-Z%])/g,
    (whole, flags: string, width: string, precision: string | undefined, letter: string) => {
      const value = field(call, letter, operand, found, owners, precision, format !== standard)
      if (value === undefined) return whole
      let text = precision !== undefined && !/^[XYZW]$/.test(letter) ? value.slice(0, Number(precision)) : value
      if (flags.includes('#') && letter === 'a') text = `0${text}`
      const size = Number(width || 0)
      if (flags.includes('-')) return text.padEnd(size)
      return text.padStart(size, flags.includes('0') ? '0' : ' ')
    },
  )
}

function field(
  call: Call,
  letter: string,
  operand: string,
  found: Stat,
  owners: Owners,
  precision: string | undefined,
  always: boolean,
): string | undefined {
  const ms = Number(found.mtimeNs / 1_000_000n)
  const nanoseconds = ((found.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const date = () => formatDate('%Y-%m-%d %H:%M:%S.%N %z', ms, Number(nanoseconds))
  const seconds = () => {
    const whole = String((found.mtimeNs - nanoseconds) / 1_000_000_000n)
    return precision === undefined
      ? whole
      : `${whole}.${String(nanoseconds)
          .padStart(9, '0')
          .slice(0, Number(precision || 9))}`
  }
  switch (letter) {
    case '%':
      return '%'
    case 'a':
      return found.mode.toString(8)
    case 'A':
      return showMode(found.type, found.mode)
    case 'b':
      return String(found.type === 'file' ? Math.ceil(found.size / 4096) * 8 : found.type === 'dir' ? 8 : 0)
    case 'B':
      return '512'
    case 'd':
      return String(Math.abs(found.dev))
    case 'D':
      return Math.abs(found.dev).toString(16)
    case 'Hd':
      return '0'
    case 'Ld':
      return String(Math.abs(found.dev))
    case 'f':
      return (typeBits[found.type] | found.mode).toString(16)
    case 'F':
      return found.type === 'file' && found.size === 0 ? 'regular empty file' : kinds[found.type]
    case 'g':
      return String(found.gid)
    case 'G':
      return owners.groupName(found.gid) ?? 'UNKNOWN'
    case 'h':
      return String(linkCount(call, call.path(operand), found))
    case 'i':
      return String(found.ino)
    case 'm':
      return '/'
    case 'n':
      return operand
    case 'N':
      return found.type === 'symlink'
        ? `${quote(operand, always)} -> ${quote(call.fs.readlink(call.path(operand)), always)}`
        : quote(operand, always)
    case 'o':
      return '4096'
    case 's':
      return String(found.type === 'dir' ? 4096 : found.size)
    case 't':
      return (found.major ?? 0).toString(16)
    case 'T':
      return (found.minor ?? 0).toString(16)
    case 'u':
      return String(found.uid)
    case 'U':
      return owners.userName(found.uid) ?? 'UNKNOWN'
    case 'w':
      return '-'
    case 'W':
      return '0'
    case 'x':
    case 'y':
    case 'z':
      return date()
    case 'X':
    case 'Y':
    case 'Z':
      return seconds()
    case 'C':
      return '?'
    default:
      return undefined
  }
}

/** Quoted only where a shell would need it, or always in a format of the user's. */
function quote(name: string, always: boolean): string {
  return !always && /^[A-Za-z0-9_@%+=:,./-]+$/.test(name) ? name : `'${name.replace(/'/g, "'\\''")}'`
}
