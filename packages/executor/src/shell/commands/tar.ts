import type { Call } from '../call.js'
import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { pack, unpack, wanted } from './tar/compress.js'
import { createArchive } from './tar/create.js'
import { extractArchive, listArchive, membersOf } from './tar/extract.js'
import { parseTar } from './tar/options.js'
import type { Command } from './types.js'

/** tar: create, extract, list, append; links, modes, owners and times as they are. */
export const tar: Command = async (call) => {
  const options = parseTar(call.args)
  const archive = options.parsed.value('f') ?? '-'
  const toOutput = archive === '-'
  const lines: string[] = []
  // With the archive on standard output, the names go to the other one.
  const report = (text: string) => {
    if (toOutput && (options.mode === 'c' || options.parsed.has('O'))) lines.push(text)
    else call.out(text)
  }
  const read = async () => {
    try {
      return await call.read(archive)
    } catch (error) {
      throw cannotOpen(archive, strerror(error))
    }
  }
  if (options.mode === 'c') {
    // The archive is opened first, so that `tar cf x.tar .` meets it as itself.
    const compression = wanted(options.parsed, archive)
    const refused = (reason: string) => (compression === 'none' ? cannotOpen(archive, reason) : childCannotOpen(call, archive, reason))
    if (!toOutput) await call.writeOr(archive, '', refused)
    const bytes = await pack(call, await createArchive(call, options, report, archive), compression)
    if (toOutput) call.out(bytes)
    else await call.writeFile(archive, bytes)
    if (call.status === 2) call.err('Exiting with failure status due to previous errors')
  } else if (options.mode === 'r') {
    const before = call.fs.find(call.path(archive)) ? await read() : ''
    const bytes = await createArchive(call, options, report, archive, before.slice(0, await endOf(before)))
    await call.writeOr(archive, bytes, () => {
      return new CommandFailure(`${archive}: Cannot read: Bad file descriptor\ntar: At beginning of tape, quitting now\n${OVER}`, 2)
    })
  } else {
    const bytes = await unpack(call, await read())
    if (bytes.length === 0)
      throw new CommandFailure('This does not look like a tar archive\ntar: Exiting with failure status due to previous errors', 2)
    const entries = await membersOf(bytes)
    if (options.mode === 't') await listArchive(call, options, entries)
    else await extractArchive(call, options, entries, report)
  }
  if (lines.length > 0) await call.write(new TextEncoder().encode(lines.join('')), 2)
  return call.status
}

const OVER = 'tar: Error is not recoverable: exiting now'

const cannotOpen = (archive: string, reason: string): CommandFailure => new CommandFailure(`${archive}: Cannot open: ${reason}\n${OVER}`, 2)

/** A program that compresses is a child, which opens the archive and tells of it. */
function childCannotOpen(call: Call, archive: string, reason: string): CommandFailure {
  call.errAs('tar (child)', `${archive}: Cannot open: ${reason}`)
  call.errAs('tar (child)', 'Error is not recoverable: exiting now')
  return new CommandFailure(`Child returned status 2\n${OVER}`, 2)
}

/** Where the members of an archive end: before the blocks of zeros. */
async function endOf(archive: string): Promise<number> {
  let end = archive.length
  const zeros = '\0'.repeat(512)
  while (end >= 512 && archive.slice(end - 512, end) === zeros) end -= 512
  return end
}
