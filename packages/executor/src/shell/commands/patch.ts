import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { type FilePatch, type Hunk, readUnified } from '../text/unified.js'
import type { Command } from './types.js'

/** Lines of context at a hunk's ends that need not agree. */
const mostFuzz = 2

/** Applies unified diffs. */
export const patch: Command = async (call) => {
  const options = parseOptions(
    call,
    'bd:Efi:NO:o:p:r:RstuV:',
    {
      backup: 'b', directory: 'd:', 'dry-run': 'dry', force: 'f', forward: 'N', input: 'i:', output: 'o:', strip: 'p:', reverse: 'R', quiet: 's', silent: 's',
      batch: 't', unified: 'u', 'remove-empty-files': 'E', 'no-backup-if-mismatch': 'nomismatch', 'reject-file': 'r:', verbose: 'verbose',
    },
    2,
  ) // biome-ignore format: a table
  if (options.has('o', 'r', 'O', 'V', 'verbose')) throw new NotSimulated('only the options b d E f i N p R s t u and dry-run are simulated')
  const folder = options.value('d')
  const at = (name: string) => (folder === undefined ? name : `${folder}/${name}`)
  const [target, source] = options.operands
  const text = await call.read(options.value('i') ?? source ?? '-')
  const strip = options.has('p') ? Number(options.value('p')) : undefined
  const files = readUnified(text)
  if (files.length === 0)
    throw /^(?:\*\*\* |[0-9]+(?:,[0-9]+)?[acd][0-9])/m.test(text)
      ? new NotSimulated('only unified diffs are simulated')
      : new CommandFailure('**** Only garbage was found in the patch input.', 2)
  let rejected = 0
  for (const file of files) {
    const patched = options.has('R') ? reverse(file) : file
    const name = target ?? chooseName(call, file, strip, at)
    if (name === undefined) throw new NotSimulated('it asks which file to patch')
    rejected += await patchFile(call, at(name), name, patched, {
      dry: options.has('dry'),
      quiet: options.has('s'),
      backup: options.has('b'),
      backupIfMismatch: !options.has('nomismatch'),
    })
  }
  return rejected > 0 ? 1 : 0
}

function reverse(file: FilePatch): FilePatch {
  const hunks = file.hunks.map(
    (hunk): Hunk => ({
      from: hunk.to,
      to: hunk.from,
      lines: hunk.lines.map((line) => (line.kind === '+' ? { ...line, kind: '-' } : line.kind === '-' ? { ...line, kind: '+' } : line)),
    }),
  )
  return { from: file.to, to: file.from, hunks }
}

/** Of the two names the one that exists; the new one where the patch makes a file. */
function chooseName(call: Call, file: FilePatch, strip: number | undefined, at: (name: string) => string): string | undefined {
  const cut = (name: string) => {
    if (name === '/dev/null') return undefined
    if (strip === undefined) return name.split('/').pop()
    return name.split(/\/+/).slice(strip).join('/')
  }
  const names = [cut(file.from), cut(file.to)].filter((name) => name !== undefined && name !== '')
  const there = names.filter((name) => call.fs.find(call.path(at(name!))) !== undefined)
  if (there.length > 0) return there.reduce((a, b) => (b!.length < a!.length ? b : a))
  const creates = file.hunks.length === 1 && file.hunks[0]!.from === 0
  return creates ? names[names.length - 1] : undefined
}

interface How {
  readonly dry: boolean
  readonly quiet: boolean
  readonly backup: boolean
  /** Where a hunk did not fit exactly, what was there is kept. */
  readonly backupIfMismatch: boolean
}

/** @returns how many hunks did not fit */
async function patchFile(call: Call, path: string, name: string, file: FilePatch, how: How): Promise<number> {
  const stat = call.fs.find(call.path(path))
  const before = stat ? await call.read(path) : ''
  if (!how.quiet) call.out(`${how.dry ? 'checking' : 'patching'} file ${name}\n`)
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  let ended = before === '' || before.endsWith('\n')
  let shift = 0
  let rejects = 0
  let mismatch = false
  for (const [number, hunk] of file.hunks.entries()) {
    const found = locate(lines, hunk, shift)
    if (!found) {
      if (rejects === 0 && number === 0 && applied(lines, hunk)) throw new NotSimulated('it asks whether to apply a patch in reverse')
      rejects++
      call.out(`Hunk #${number + 1} FAILED at ${hunk.from}.\n`)
      continue
    }
    const expected = Math.max(hunk.from, 1) - 1 + shift
    const offset = found.at - expected
    mismatch ||= offset !== 0 || found.fuzz > 0
    if (!how.quiet && (offset !== 0 || found.fuzz > 0)) {
      const fuzz = found.fuzz > 0 ? ` with fuzz ${found.fuzz}` : ''
      const moved = offset !== 0 ? ` (offset ${offset} line${offset === 1 ? '' : 's'})` : ''
      call.out(`Hunk #${number + 1} succeeded at ${found.at + 1}${fuzz}${moved}.\n`)
    }
    const kept = trimmed(hunk, found.fuzz)
    const fresh = kept.filter((line) => line.kind !== '-')
    const old = kept.filter((line) => line.kind !== '+')
    lines.splice(found.at + found.skipped, old.length, ...fresh.map((line) => line.text))
    if (found.at + found.skipped + fresh.length === lines.length) ended = !(fresh[fresh.length - 1]?.unended ?? false)
    shift += offset + fresh.length - old.length
  }
  if (rejects > 0) throw new NotSimulated('a hunk does not fit, and files of rejects are not simulated')
  if (how.dry) return rejects
  if ((how.backup || (mismatch && how.backupIfMismatch)) && stat) await call.writeFile(`${path}.orig`, before, stat.mode)
  if (file.to === '/dev/null' && lines.length === 0) {
    call.fs.unlink(call.path(path))
    return rejects
  }
  if (!stat) {
    const parts = path.split('/').slice(0, -1)
    for (let depth = 1; depth <= parts.length; depth++) {
      const parent = call.path(parts.slice(0, depth).join('/') || '/')
      if (!call.fs.find(parent)) call.fs.mkdir(parent)
    }
  }
  await call.writeFile(path, lines.join('\n') + (lines.length > 0 && ended ? '\n' : ''))
  return rejects
}

const trimmed = (hunk: Hunk, fuzz: number) => {
  const head = hunk.lines.findIndex((line) => line.kind !== ' ')
  const tail = [...hunk.lines].reverse().findIndex((line) => line.kind !== ' ')
  return hunk.lines.slice(Math.min(fuzz, head), hunk.lines.length - Math.min(fuzz, tail))
}

const olds = (hunk: Hunk, fuzz: number) => trimmed(hunk, fuzz).filter((line) => line.kind !== '+')

/** Where a hunk's old lines are: nearest to where it says, with ever less context. */
function locate(
  lines: readonly string[],
  hunk: Hunk,
  shift: number,
): { readonly at: number; readonly fuzz: number; readonly skipped: number } | undefined {
  const expected = Math.max(hunk.from, 1) - 1 + shift
  for (let fuzz = 0; fuzz <= mostFuzz; fuzz++) {
    const wanted = olds(hunk, fuzz)
    const skipped = Math.min(
      fuzz,
      hunk.lines.findIndex((line) => line.kind !== ' '),
    )
    const fits = (at: number) =>
      at >= 0 && at + skipped + wanted.length <= lines.length && wanted.every((line, place) => lines[at + skipped + place] === line.text)
    for (let distance = 0; distance <= lines.length; distance++) {
      if (fits(expected + distance)) return { at: expected + distance, fuzz, skipped }
      if (fits(expected - distance)) return { at: expected - distance, fuzz, skipped }
    }
  }
  return undefined
}

/** Whether the new lines of a hunk are there already. */
function applied(lines: readonly string[], hunk: Hunk): boolean {
  const fresh = hunk.lines.filter((line) => line.kind !== '-').map((line) => line.text)
  return lines.some((_, at) => fresh.every((text, place) => lines[at + place] === text))
}
