import type { AddInstruction, CopyInstruction } from '../instructions/types.js'
import { rules } from '../lint/rules.js'
import { goQuote } from '../text/go-quote.js'
import { checkChmod } from './chmod.js'
import { shownCommand } from './display.js'
import { fault } from './errors.js'
import type { Expansion } from './expansion.js'
import { commit } from './history.js'
import { destination } from './paths.js'
import { digestFault, type GitSource, sourceKind } from './remote-source.js'
import { sourceOf } from './sources.js'
import type { Command, Session, StageState } from './state.js'
import type { InlineFile } from './types.js'

const badRemote = (message: string, hint: string) => fault('BAD_REMOTE_SOURCE', message, hint)

/** @throws ResolutionFault, WordError */
export function copy(
  session: Session,
  state: StageState,
  command: Command,
  instruction: CopyInstruction | AddInstruction,
  expansion: Expansion,
): void {
  const { word } = expansion
  const add = instruction.name === 'ADD'
  const chown = word(instruction.chown)
  const chmod = word(instruction.chmod)
  const checksum = add ? word(instruction.checksum) : ''
  const sources = instruction.sources.map(word)
  const dest = word(instruction.dest)
  const inline: InlineFile[] = instruction.heredocs.map(({ name, data, bytes, expand }) => ({
    name,
    data: expand ? expansion.body(data) : data,
    ...(bytes ? { bytes } : {}),
  }))

  const [from] = command.sources
  if (from && !from.dispatched) {
    const written = instruction.name === 'COPY' ? instruction.from : ''
    throw fault(
      'STAGE_ORDER',
      `cannot copy from stage ${goQuote(written)}, it needs to be defined before current stage ${goQuote(state.label)}`,
      'move the stage above this one',
    )
  }
  const path = destination(state.cwd, dest, state.platform!.os)
  if (chmod !== '') checkChmod(chmod)
  if (checksum !== '') checkChecksumUse(sources)
  const keepGitDir = checkSources(session, instruction, sources, checksum, from !== undefined, expansion)

  const parents = instruction.name === 'COPY' && instruction.parents
  const text = [
    instruction.name,
    ...(parents ? ['--parents'] : []),
    ...(chown === '' ? [] : [`--chown=${chown}`]),
    ...(chmod === '' ? [] : [`--chmod=${chmod}`]),
    ...sources,
    ...inline.map(({ name }) => `<<${name}`),
    dest,
  ].join(' ')
  const display = shownCommand(session, state, instruction.source)
  const createdBy = commit(session, state, text, { layer: true, marked: true })
  const { startLine, endLine, link, exclude } = instruction
  state.steps.push({
    kind: add ? 'add' : 'copy',
    startLine,
    endLine,
    display,
    createdBy,
    from: from ? sourceOf(from) : { kind: 'context' },
    sources,
    inline,
    dest: path,
    ...(chown === '' ? {} : { chown }),
    ...(chmod === '' ? {} : { chmod }),
    link,
    parents,
    exclude,
    ...(checksum === '' ? {} : { checksum }),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(add && instruction.unpack !== null ? { unpack: instruction.unpack } : {}),
    written: expansion.written(),
  })
}

function checkChecksumUse(sources: readonly string[]): void {
  const bad = (message: string) => fault('BAD_CHECKSUM', message, '--checksum is for one file from the web or one Git repository')
  if (sources.length !== 1) throw bad("checksum can't be specified for multiple sources")
  if (sourceKind(sources[0]!).kind === 'path') throw bad('checksum requires HTTP(S) or Git sources')
}

/** Goes through the sources in order. Gives `--keep-git-dir` as the flag or a repository's address has it. */
function checkSources(
  session: Session,
  instruction: CopyInstruction | AddInstruction,
  sources: readonly string[],
  checksum: string,
  fromStage: boolean,
  { lint }: Expansion,
): boolean | undefined {
  let keepGitDir = instruction.name === 'ADD' ? (instruction.keepGitDir ?? undefined) : undefined
  for (const source of sources) {
    const kind = sourceKind(source)
    if (kind.kind === 'git') {
      if (instruction.name === 'COPY') throw badRemote("source can't be a git ref for COPY", 'use ADD for a Git repository')
      checkRepository(kind, keepGitDir, checksum)
      keepGitDir = kind.keepGitDir ?? keepGitDir
    } else if (kind.kind === 'http') {
      if (instruction.name === 'COPY') throw badRemote("source can't be a URL for COPY", 'use ADD for a file from the web')
      const lacking = checksum === '' ? undefined : digestFault(checksum)
      if (lacking !== undefined) throw fault('BAD_CHECKSUM', lacking, 'write sha256: and 64 hexadecimal digits')
    } else if (!fromStage && session.ignore) checkIgnored(session.ignore, instruction, source, lint)
  }
  return keepGitDir
}

function checkRepository(source: GitSource, keepGitDir: boolean | undefined, checksum: string): void {
  if (source.fault !== undefined)
    throw badRemote(source.fault, 'a repository takes ref, tag, branch, commit, checksum, subdir, submodules and keep-git-dir')
  if (keepGitDir !== undefined && source.keepGitDir !== undefined && keepGitDir !== source.keepGitDir) {
    throw badRemote('inconsistent keep-git-dir configuration', 'say it once, with --keep-git-dir or in the address')
  }
  if (checksum !== '' && source.checksum !== undefined && checksum !== source.checksum) {
    throw fault('BAD_CHECKSUM', `checksum mismatch ${goQuote(checksum)} != ${goQuote(source.checksum)}`, 'say it once')
  }
}

/**
 * CopyIgnoredFile. Files with `!` patterns are left alone: a directory may be left out and a file in it brought back. The root itself counts
 * only where everything in it is left out.
 */
function checkIgnored(
  ignore: NonNullable<Session['ignore']>,
  instruction: CopyInstruction | AddInstruction,
  source: string,
  lint: Expansion['lint'],
): void {
  if (ignore.hasExceptions) return
  const path = cleanPath(source)
  if ((path === '.' || path === '/') && !ignore.leavesOutRoot) return
  if (ignore.ignores(path)) lint.report(rules.copyIgnoredFile, instruction, instruction.name === 'ADD' ? 'Add' : 'Copy', path)
}

/** The shortest spelling of a path by its text: relative stays relative. */
function cleanPath(path: string): string {
  const kept: string[] = []
  const rooted = path.startsWith('/')
  for (const part of path.split('/')) {
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (part === '..' && !rooted) kept.push(part)
    else if (part !== '' && part !== '.' && part !== '..') kept.push(part)
  }
  return rooted ? `/${kept.join('/')}` : kept.join('/') || '.'
}
