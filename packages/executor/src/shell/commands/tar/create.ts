import type { Stat } from '@layerwright/vfs'
import type { Call } from '../../call.js'
import { CommandFailure } from '../../failure.js'
import { patternRegExp } from '../../language/pattern.js'
import { fromBytes } from '../../system/bytes.js'
import { strerror } from '../../system/strerror.js'
import { splitLines } from '../../text/lines.js'
import { changeMode } from '../../text/mode.js'
import { Owners } from '../../text/owners.js'
import { parseDate } from '../../text/parse-date.js'
import { walk } from '../../walk.js'
import type { TarOptions } from './options.js'
import { blockSize, headerBlocks } from './write.js'

/** Blocks of a record: tar pads archives to whole ones. */
const recordSize = 20 * blockSize
const versionControl = [
  'CVS',
  'RCS',
  'SCCS',
  '.git',
  '.gitignore',
  '.gitmodules',
  '.gitattributes',
  '.svn',
  '.hg',
  '.hgignore',
  '.hgtags',
  '.bzr',
  '.bzrignore',
  '.arch-ids',
  '{arch}',
  '=RELEASE-ID',
  '=meta-update',
  '=update',
  '_darcs',
  '.cvsignore',
]

/** Whether a pattern of `--exclude` leaves a name out: it may match from any slash on, and takes what lies below. */
export async function exclusions(call: Call, options: TarOptions['parsed']): Promise<(name: string) => boolean> {
  const patterns = options.values('exclude')
  for (const file of options.values('X')) patterns.push(...splitLines((await call.tryRead(file, 2)) ?? ''))
  if (options.has('vcs')) patterns.push(...versionControl)
  const anchored = options.has('anchored')
  const expressions = patterns.map((pattern) => patternRegExp(pattern.replace(/(?<=.)\/+$/, '')))
  return (name) => {
    const trimmed = name.replace(/\/+$/, '')
    return expressions.some((expression) => {
      for (let from = 0; from !== -1; from = anchored ? -1 : trimmed.indexOf('/', from) === -1 ? -1 : trimmed.indexOf('/', from) + 1) {
        if (expression.test(trimmed.slice(from))) return true
        if (from === 0 && anchored) return false
      }
      return false
    })
  }
}

/** The uncompressed archive of the operands. `before`: members that are there already. */
export async function createArchive(
  call: Call,
  { parsed: options, operands, folder }: TarOptions,
  report: (text: string) => void,
  archive: string,
  before = '',
): Promise<string> {
  const owners = await Owners.load(call)
  const names = [...operands]
  for (const file of options.values('T')) {
    const text = await call.tryRead(file, 2)
    const list = options.has('null') ? (text ?? '').split('\0').filter((name) => name !== '') : splitLines(text ?? '')
    for (const name of list) names.push({ name, folder })
  }
  if (names.length === 0) throw new CommandFailure('Cowardly refusing to create an empty archive', 2)
  const excluded = await exclusions(call, options)
  const rename = transformer(options.values('transform'))
  const parts: string[] = [before]
  const seen = new Map<string, string>()
  let stripped = false
  const archivePath = call.fs.find(call.path(archive))

  for (const { name, folder: place } of names) {
    const base = place === '.' ? '' : `${place}/`
    const root = name.startsWith('/') ? name : base + name
    await walk(
      call,
      root,
      async (path, stat, depth) => {
        const shown = name.startsWith('/') || base === '' ? path : path.slice(base.length)
        if (excluded(shown)) return false
        if (archivePath && stat.ino === archivePath.ino && stat.dev === archivePath.dev && archive !== '-') {
          call.err(`${shown}: file is the archive; not dumped`)
          return false
        }
        await add(path, shown, stat)
        return !options.has('norec') || depth < 0
      },
      (path, error) => call.fail(`${path}: Cannot stat: ${strerror(error)}`, 2),
      { followRoot: options.has('h'), followAll: options.has('h') },
    )
  }

  async function add(path: string, shown: string, original: Stat): Promise<void> {
    const stat = adjusted(original)
    let member = rename(shown.replace(/(?<=.)\/+$/, ''))
    if (!options.has('P')) {
      const clean = member.replace(/^(?:.*(?:^|\/)\.\.(?:\/|$))?\/*/, '')
      if (clean !== member && !stripped) {
        call.err(`Removing leading \`${member.slice(0, member.length - clean.length)}' from member names`)
        stripped = true
      }
      member = clean || '.'
    }
    if (stat.type === 'dir') member = `${member.replace(/(?<=.)\/+$/, '')}/`
    const key = `${stat.dev}:${stat.ino}`
    const earlier = stat.type !== 'dir' && stat.nlink > 1 && !options.has('hardd') ? seen.get(key) : undefined
    if (stat.nlink > 1 && stat.type !== 'dir') seen.set(key, earlier ?? member)
    const linkName = earlier ?? (stat.type === 'symlink' ? call.fs.readlink(call.path(path)) : '')
    const numeric = options.has('numeric')
    let content = ''
    if (stat.type === 'file' && earlier === undefined) {
      try {
        content = await call.read(path)
      } catch (error) {
        call.fail(`${shown}: Cannot open: ${strerror(error)}`, 2)
        return
      }
    }
    const userName = numeric ? '' : (owners.userName(stat.uid) ?? '')
    const groupName = numeric ? '' : (owners.groupName(stat.gid) ?? '')
    parts.push(fromBytes(headerBlocks({ name: member, stat, linkName, hard: earlier !== undefined, userName, groupName })))
    if (content !== '') parts.push(content, '\0'.repeat((blockSize - (content.length % blockSize)) % blockSize))
    if (options.has('v')) report(`${member}\n`)
  }

  function adjusted(stat: Stat): Stat {
    const id = (text: string | undefined, read: (name: string) => number | undefined) => {
      if (text === undefined) return undefined
      const value = read(text.includes(':') ? text.slice(text.indexOf(':') + 1) : text)
      if (value === undefined) throw new CommandFailure(`Invalid owner '${text}'`, 2)
      return value
    }
    const time = options.value('mtime')
    const ms = time === undefined ? undefined : parseDate(time, call.process.run.scheduler.now())
    if (time !== undefined && ms === undefined) throw new CommandFailure(`Invalid mtime '${time}'`, 2)
    const spec = options.value('mode')
    // One by one: they may be accessors, which a spread does not copy.
    const { type, size, nlink, ino, dev, major, minor, xattrs } = stat
    return {
      type,
      size,
      nlink,
      ino,
      dev,
      major,
      minor,
      xattrs,
      uid: id(options.value('owner'), (name) => owners.uid(name)) ?? stat.uid,
      gid: id(options.value('group'), (name) => owners.gid(name)) ?? stat.gid,
      mtimeNs: ms === undefined ? stat.mtimeNs : BigInt(Math.floor(ms)) * 1_000_000n,
      mode: spec === undefined ? stat.mode : (changeMode(spec, stat.mode, { isDirectory: stat.type === 'dir', umask: 0 }) ?? stat.mode),
    }
  }

  const body = parts.join('')
  const padded = Math.ceil((body.length + 2 * blockSize) / recordSize) * recordSize
  return body + '\0'.repeat(padded - body.length)
}

/** `--transform s,from,to,`. */
export function transformer(expressions: readonly string[]): (name: string) => string {
  const steps = expressions.map((text) => {
    const delimiter = text[1] ?? '/'
    const [, from = '', to = '', flags = ''] = text.split(delimiter)
    if (!text.startsWith('s')) throw new CommandFailure('Invalid transform expression', 2)
    return {
      expression: new RegExp(from.replace(/\\([(){}+?|])/g, '$1'), flags.includes('g') ? 'g' : ''),
      to: to.replace(/\\([0-9])/g, '$$$1').replace(/&/g, '$$&'),
    }
  })
  return (name) => steps.reduce((text, { expression, to }) => text.replace(expression, to), name)
}
