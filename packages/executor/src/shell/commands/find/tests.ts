import { CommandFailure } from '../../failure.js'
import { patternRegExp } from '../../language/pattern.js'
import { basename } from '../../system/paths.js'
import { changeMode } from '../../text/mode.js'
import { parseDate } from '../../text/parse-date.js'
import { posixRegExp } from '../../text/posix-regexp.js'
import type { Expression, FindParser } from './parser.js'

type Make = (parser: FindParser, name: string) => Expression | Promise<Expression>

/** `+N`, `-N`, `N` */
function comparison(text: string, name: string): (value: number) => boolean {
  const match = /^([-+]?)([0-9]+(?:\.[0-9]+)?)$/.exec(text)
  if (!match) throw new CommandFailure(`invalid argument \`${text}' to \`${name}'`)
  const wanted = Number(match[2])
  return (value) => (match[1] === '+' ? value > wanted : match[1] === '-' ? value < wanted : value === wanted)
}

const nameTest =
  (ignoreCase: boolean): Make =>
  (parser, name) => {
    const expression = patternRegExp(parser.next(name), { ignoreCase })
    return (item) => expression.test(basename(item.path))
  }

const pathTest =
  (ignoreCase: boolean): Make =>
  (parser, name) => {
    const expression = patternRegExp(parser.next(name), { ignoreCase })
    return (item) => expression.test(item.path)
  }

const regexTest =
  (ignoreCase: boolean): Make =>
  (parser, name) => {
    const source = parser.next(name)
    // Emacs syntax, the default, groups with \( \| like basic syntax, and repeats with bare + and ?.
    const extended = regexTypes.get(parser) ?? false
    const basic = extended ? source : source.replace(/\\.|[+?]/g, (part) => (part.length === 1 ? `\\${part}` : part))
    const expression = posixRegExp(extended ? source : basic, { syntax: extended ? 'extended' : 'basic', ignoreCase, within: 'line' })
    if (!expression) throw new CommandFailure(`failed to compile regular expression '${source}'`)
    return (item) => expression.test(item.path)
  }

const regexTypes = new WeakMap<FindParser, boolean>()

const types: Readonly<Record<string, string>> = { f: 'file', d: 'dir', l: 'symlink', p: 'fifo', c: 'char', b: 'block', s: 'socket' }

const typeTest: Make = (parser, name) => {
  const text = parser.next(name)
  const wanted = text.split(',').map((letter) => types[letter])
  if (wanted.includes(undefined)) throw new CommandFailure(`Unknown argument to ${name}: ${text}`)
  return ({ stat, path }) => {
    if (name === '-type') return wanted.includes(stat.type)
    const followed = parser.call.fs.find(parser.call.path(path))
    return wanted.includes(stat.type === 'symlink' ? (followed?.type ?? 'symlink') : stat.type)
  }
}

const perm: Make = (parser, name) => {
  const text = parser.next(name)
  const kind = /^[-/+]/.test(text) && !/^\+[rwxXst]/.test(text) ? text[0]! : ''
  const mode = changeMode(text.slice(kind.length), 0, { isDirectory: false, umask: 0 })
  if (mode === undefined) throw new CommandFailure(`invalid mode '${text}'`)
  return ({ stat }) =>
    kind === '-' ? (stat.mode & mode) === mode : kind === '' ? stat.mode === mode : mode === 0 || (stat.mode & mode) !== 0
}

const size: Make = (parser, name) => {
  const match = /^([-+]?[0-9]+)([bcwkMG]?)$/.exec(parser.next(name))
  if (!match) throw new CommandFailure(`invalid argument to \`${name}'`)
  const unit = { b: 512, c: 1, w: 2, k: 1024, M: 1 << 20, G: 2 ** 30 }[match[2] || 'b']!
  const holds = comparison(match[1]!, name)
  return ({ stat }) => holds(Math.ceil(stat.size / unit))
}

/** `-mtime`, `-mmin` and their kin: whole units of age. */
const age =
  (unitMs: number): Make =>
  (parser, name) => {
    const holds = comparison(parser.next(name), name)
    const now = parser.call.process.run.scheduler.now()
    const whole = unitMs > 60_000
    return ({ stat }) => {
      const units = (now - Number(stat.mtimeNs / 1000n) / 1000) / unitMs
      return holds(whole ? Math.floor(units) : Math.ceil(units))
    }
  }

const newer: Make = (parser, name) => {
  const reference = parser.next(name)
  let time: bigint
  if (name.endsWith('t')) {
    const ms = parseDate(reference, parser.call.process.run.scheduler.now())
    if (ms === undefined) throw new CommandFailure(`I cannot figure out how to interpret '${reference}' as a date or time`)
    time = BigInt(Math.round(ms)) * 1_000_000n
  } else {
    const stat = parser.call.fs.find(parser.call.path(reference))
    if (!stat) throw new CommandFailure(`'${reference}': No such file or directory`)
    time = stat.mtimeNs
  }
  return ({ stat }) => stat.mtimeNs > time
}

const owner =
  (kind: 'uid' | 'gid'): Make =>
  (parser, name) => {
    const text = parser.next(name)
    const id = kind === 'uid' ? parser.owners.uid(text) : parser.owners.gid(text)
    if (id === undefined) throw new CommandFailure(`'${text}' is not the name of a known ${kind === 'uid' ? 'user' : 'group'}`)
    return ({ stat }) => stat[kind] === id
  }

const numbered =
  (read: (stat: { readonly uid: number; readonly gid: number; readonly nlink: number; readonly ino: number }) => number): Make =>
  (parser, name) => {
    const holds = comparison(parser.next(name), name)
    return ({ stat }) => holds(read(stat))
  }

const level =
  (which: 'min' | 'max'): Make =>
  (parser, name) => {
    const text = parser.next(name)
    if (!/^[0-9]+$/.test(text)) throw new CommandFailure(`Expected a positive decimal integer argument to ${name}, but got '${text}'`)
    parser[which] = Number(text)
    return () => true
  }

const flag =
  (set: (parser: FindParser) => void): Make =>
  (parser) => {
    set(parser)
    return () => true
  }

const access =
  (bits: number): Make =>
  (parser) =>
  ({ path }) =>
    parser.call.fs.access(parser.call.path(path), bits)

export const tests: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['-name', nameTest(false)],
  ['-iname', nameTest(true)],
  ['-path', pathTest(false)],
  ['-wholename', pathTest(false)],
  ['-ipath', pathTest(true)],
  ['-iwholename', pathTest(true)],
  ['-regex', regexTest(false)],
  ['-iregex', regexTest(true)],
  [
    '-lname',
    (parser, name) => {
      const expression = patternRegExp(parser.next(name))
      return ({ stat, path }) => stat.type === 'symlink' && expression.test(parser.call.fs.readlink(parser.call.path(path)))
    },
  ],
  ['-type', typeTest],
  ['-xtype', typeTest],
  ['-perm', perm],
  ['-size', size],
  ['-mtime', age(86_400_000)],
  ['-atime', age(86_400_000)],
  ['-ctime', age(86_400_000)],
  ['-mmin', age(60_000)],
  ['-amin', age(60_000)],
  ['-cmin', age(60_000)],
  ['-newer', newer],
  ['-newermm', newer],
  ['-newermt', newer],
  ['-cnewer', newer],
  ['-user', owner('uid')],
  ['-group', owner('gid')],
  ['-uid', numbered((stat) => stat.uid)],
  ['-gid', numbered((stat) => stat.gid)],
  ['-links', numbered((stat) => stat.nlink)],
  ['-inum', numbered((stat) => stat.ino)],
  [
    '-nouser',
    (parser) =>
      ({ stat }) =>
        parser.owners.userName(stat.uid) === undefined,
  ],
  [
    '-nogroup',
    (parser) =>
      ({ stat }) =>
        parser.owners.groupName(stat.gid) === undefined,
  ],
  [
    '-samefile',
    (parser, name) => {
      const wanted = parser.call.fs.find(parser.call.path(parser.next(name)))
      return ({ stat }) => wanted !== undefined && stat.ino === wanted.ino && stat.dev === wanted.dev
    },
  ],
  [
    '-empty',
    (parser) =>
      ({ stat, path }) =>
        stat.type === 'file' ? stat.size === 0 : stat.type === 'dir' && parser.call.fs.readdir(parser.call.path(path)).length === 0,
  ],
  ['-readable', access(4)],
  ['-writable', access(2)],
  ['-executable', access(1)],
  ['-true', () => () => true],
  ['-false', () => () => false],
  ['-maxdepth', level('max')],
  ['-mindepth', level('min')],
  ['-depth', flag((parser) => (parser.depth = true))],
  ['-d', flag((parser) => (parser.depth = true))],
  ['-xdev', flag((parser) => (parser.xdev = true))],
  ['-mount', flag((parser) => (parser.xdev = true))],
  ['-noleaf', () => () => true],
  ['-warn', () => () => true],
  ['-nowarn', () => () => true],
  ['-daystart', () => () => true],
  ['-follow', () => () => true],
  ['-ignore_readdir_race', () => () => true],
  [
    '-regextype',
    (parser, name) => {
      regexTypes.set(parser, /extended|egrep|awk/.test(parser.next(name)))
      return () => true
    },
  ],
])
