import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { toBytes } from '../system/bytes.js'
import { strerror } from '../system/strerror.js'
import { splitLines } from '../text/lines.js'
import { md5 } from '../text/md5.js'
import type { Command } from './types.js'

/** md5sum, sha1sum, sha256sum …, cksum. */

async function digest(algorithm: string, text: string): Promise<string> {
  const bytes = toBytes(text)
  if (algorithm === 'MD5') return md5(bytes)
  const hash = new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const sum =
  (algorithm: string): Command =>
  async (call) => {
    const options = parseOptions(call, 'bctwz', {
      binary: 'b',
      check: 'c',
      text: 't',
      warn: 'w',
      quiet: 'quiet',
      status: 'status',
      strict: 'strict',
      'ignore-missing': 'missing',
      tag: 'tag',
      zero: 'z',
    })
    const operands = options.operands.length > 0 ? options.operands : ['-']
    const tag = algorithm.replace('-', '')
    if (!options.has('c')) {
      for (const operand of operands) {
        const text = await call.tryRead(operand)
        if (text === undefined) continue
        const value = await digest(algorithm, text)
        const escaped = /[\\\n]/.test(operand) ? '\\' : ''
        const name = operand.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
        call.out(
          options.has('tag')
            ? `${tag} (${name}) = ${value}\n`
            : `${escaped}${value} ${options.has('b') ? '*' : ' '}${name}${options.has('z') ? '\0' : '\n'}`,
        )
      }
      return
    }
    for (const operand of operands) {
      const list = await call.tryRead(operand)
      if (list === undefined) continue
      let [valid, failed, malformed, unread] = [0, 0, 0, 0]
      for (const line of splitLines(list)) {
        const match = /^\\?([0-9a-fA-F]{32,128}) [ *](.*)$/.exec(line) ?? /^[A-Z0-9]+ \((.*)\) = ([0-9a-fA-F]+)$/.exec(line)
        if (!match) {
          malformed++
          continue
        }
        const [wanted, name] = line.includes(') = ') ? [match[2]!, match[1]!] : [match[1]!, match[2]!]
        valid++
        try {
          const value = await digest(algorithm, await call.read(name))
          if (value === wanted.toLowerCase()) {
            if (!options.has('quiet', 'status')) call.out(`${name}: OK\n`)
          } else {
            failed++
            if (!options.has('status')) call.out(`${name}: FAILED\n`)
          }
        } catch (error) {
          const reason = strerror(error)
          if (options.has('missing')) continue
          unread++
          call.err(`${name}: ${reason}`)
          if (!options.has('status')) call.out(`${name}: FAILED open or read\n`)
        }
      }
      if (valid === 0)
        throw new CommandFailure(`${operand === '-' ? "'standard input'" : operand}: no properly formatted checksum lines found`)
      const warn = (count: number, one: string, many: string) => {
        if (count > 0 && !options.has('status')) call.err(`WARNING: ${count} ${count === 1 ? one : many}`)
      }
      warn(malformed, 'line is improperly formatted', 'lines are improperly formatted')
      warn(unread, 'listed file could not be read', 'listed files could not be read')
      warn(failed, 'computed checksum did NOT match', 'computed checksums did NOT match')
      if (failed + unread > 0 || (malformed > 0 && options.has('strict'))) call.status = 1
    }
  }

export const md5sum: Command = sum('MD5')
export const sha1sum: Command = sum('SHA-1')
export const sha256sum: Command = sum('SHA-256')
export const sha384sum: Command = sum('SHA-384')
export const sha512sum: Command = sum('SHA-512')

/** The CRC of POSIX cksum: over the bytes and then over their number. */
export const cksum: Command = async (call) => {
  for (const operand of call.args.length > 0 ? call.args : ['-']) {
    const text = await call.tryRead(operand)
    if (text === undefined) continue
    let crc = 0
    const add = (byte: number) => {
      crc = (crc << 8) ^ table[((crc >>> 24) ^ byte) & 255]!
    }
    for (const byte of toBytes(text)) add(byte)
    for (let size = text.length; size > 0; size = Math.floor(size / 256)) add(size & 255)
    call.out(`${~crc >>> 0} ${text.length}${call.args.length > 0 ? ` ${operand}` : ''}\n`)
  }
}

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value
})

/** The 16-bit sums of BSD (`sum`, in blocks of 1024) and of System V (`sum -s`, of 512). */
export const sum16: Command = async (call) => {
  const options = parseOptions(call, 'rs', { sysv: 's' })
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand)
    if (text === undefined) continue
    let value = 0
    for (const byte of toBytes(text)) value = options.has('s') ? value + byte : (((value >> 1) | ((value & 1) << 15)) + byte) & 0xffff
    if (options.has('s')) {
      const once = (value & 0xffff) + Math.floor(value / 65536)
      value = (once & 0xffff) + (once >> 16)
    }
    const blocks = Math.ceil(text.length / (options.has('s') ? 512 : 1024))
    const name = options.operands.length > 0 ? ` ${operand}` : ''
    call.out(options.has('s') ? `${value} ${blocks}${name}\n` : `${String(value).padStart(5, '0')} ${String(blocks).padStart(5)}${name}\n`)
  }
}
