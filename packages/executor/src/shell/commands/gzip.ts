import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { fromBytes, toBytes } from '../system/bytes.js'
import { basename } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

async function through(text: string, stream: CompressionStream | DecompressionStream): Promise<string> {
  const writer = stream.writable.getWriter()
  const done = writer.write(toBytes(text) as Uint8Array<ArrayBuffer>).then(() => writer.close())
  done.catch(() => {})
  let result = ''
  const reader = stream.readable.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) result += fromBytes(piece.value as Uint8Array)
  await done
  return result
}

const crcTable = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

function crc32(text: string): number {
  let crc = 0xffffffff
  for (let at = 0; at < text.length; at++) crc = (crc >>> 8) ^ crcTable[(crc ^ text.charCodeAt(at)) & 255]!
  return (crc ^ 0xffffffff) >>> 0
}

const little = (value: number) => String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)

/** gzip bytes; with the name and the time of the file, where it came from one, as gzip stores them. */
export async function gzipText(text: string, origin?: { readonly name: string; readonly seconds: number }): Promise<string> {
  const head = origin ? `\x1f\x8b\x08\x08${little(origin.seconds)}\0\x03${origin.name}\0` : `\x1f\x8b\x08\0${little(0)}\0\x03`
  return head + (await through(text, new CompressionStream('deflate-raw'))) + little(crc32(text)) + little(text.length)
}

/** @throws CommandFailure where it is no gzip file. */
export async function gunzipText(text: string, name: string): Promise<string> {
  if (!text.startsWith('\x1f\x8b')) throw new CommandFailure(`\n${name}: not in gzip format`.trimStart())
  try {
    return await through(text, new DecompressionStream('gzip'))
  } catch {
    throw new CommandFailure(`${name}: unexpected end of file`)
  }
}

export const gzip: Command = async (call) => {
  const options = parseOptions(call, '123456789cdfhklLnNqrS:tvV', {
    stdout: 'c',
    'to-stdout': 'c',
    decompress: 'd',
    uncompress: 'd',
    force: 'f',
    keep: 'k',
    list: 'l',
    'no-name': 'n',
    name: 'N',
    quiet: 'q',
    recursive: 'r',
    suffix: 'S:',
    test: 't',
    verbose: 'v',
    fast: '1',
    best: '9',
    rsyncable: 'rs',
  })
  if (options.has('l')) throw new NotSimulated('-l is not simulated')
  const decompresses = options.has('d', 't') || call.name === 'gunzip' || call.name === 'zcat'
  const toOutput = options.has('c') || call.name === 'zcat'
  const suffix = options.value('S') ?? '.gz'
  const given = options.operands.length > 0 ? options.operands : ['-']
  for (const operand of options.has('r') ? await filesBelow(call, given) : given) {
    try {
      await one(call, operand, {
        decompresses,
        toOutput: toOutput || operand === '-',
        keep: options.has('k'),
        force: options.has('f'),
        test: options.has('t'),
        suffix,
        named: !options.has('n'),
      })
    } catch (error) {
      if (error instanceof NotSimulated) throw error
      if (error instanceof CommandFailure) call.fail(error.message, error.status)
      else call.fail(`${operand}: ${strerror(error)}`)
    }
  }
}

/** Every file of the folders that are named. */
async function filesBelow(call: Call, operands: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const operand of operands) {
    await walk(
      call,
      operand,
      (place, stat) => {
        if (stat.type === 'file') files.push(place)
      },
      (place, error) => call.fail(`${place}: ${strerror(error)}`),
    )
  }
  return files
}

interface Job {
  readonly decompresses: boolean
  readonly toOutput: boolean
  readonly keep: boolean
  readonly force: boolean
  readonly test: boolean
  readonly suffix: string
  /** Not under -n. */
  readonly named: boolean
}

async function one(call: Call, operand: string, job: Job): Promise<void> {
  let input = operand
  if (job.decompresses && operand !== '-' && !call.fs.find(call.path(operand)) && call.fs.find(call.path(operand + job.suffix)))
    input = operand + job.suffix
  const stat = operand === '-' ? undefined : call.fs.stat(call.path(input))
  if (stat?.type === 'dir') {
    call.err(`${input} is a directory -- ignored`)
    call.status = Math.max(call.status, 2)
    return
  }
  let target = ''
  if (!job.toOutput && !job.test) {
    if (job.decompresses) {
      const known = [
        [job.suffix, ''],
        ['.tgz', '.tar'],
        ['-gz', ''],
        ['.z', ''],
      ].find(([ending]) => input.endsWith(ending!))
      if (!known) {
        call.err(`${input}: unknown suffix -- ignored`)
        call.status = Math.max(call.status, 2)
        return
      }
      target = input.slice(0, -known[0]!.length) + known[1]
    } else if (input.endsWith(job.suffix)) {
      call.err(`${input} already has ${job.suffix} suffix -- unchanged`)
      call.status = Math.max(call.status, 2)
      return
    } else target = input + job.suffix
    if (call.fs.find(call.path(target), false) && !job.force) throw new CommandFailure(`${target} already exists;\tnot overwritten`, 2)
  }
  const text = await call.read(input)
  const result = job.decompresses
    ? await gunzipText(text, input === '-' ? 'stdin' : input)
    : await gzipText(text, job.named && stat ? { name: basename(input), seconds: Number(stat.mtimeNs / 1_000_000_000n) } : undefined)
  if (job.test) return
  if (job.toOutput) {
    call.out(result)
    return
  }
  await call.writeFile(target, result)
  call.fs.chmod(call.path(target), stat!.mode & 0o777)
  if (call.fs.who.uid === 0) call.fs.chown(call.path(target), stat!.uid, stat!.gid)
  call.fs.utimes(call.path(target), stat!.mtimeNs, { explicit: true })
  if (!job.keep) call.fs.unlink(call.path(input))
}
