import { CommandFailure, NotSimulated } from '../../failure.js'
import { basename, dirname } from '../../system/paths.js'
import { strerror } from '../../system/strerror.js'
import { formatDate } from '../../text/dates.js'
import { readEscapes } from '../../text/escapes.js'
import { linkCount } from '../../text/links.js'
import { showMode } from '../../text/mode.js'
import type { Expression, FindParser, Item } from './parser.js'

type Make = (parser: FindParser, name: string) => Expression | Promise<Expression>

const print =
  (ending: string): Make =>
  (parser) => {
    parser.acted()
    return (item) => {
      parser.call.out(item.path + ending)
      return true
    }
  }

const toFile =
  (ending: string): Make =>
  async (parser, name) => {
    parser.acted()
    const file = parser.next(name)
    let text = ''
    await parser.call.writeOr(file, '', (reason) => new CommandFailure(`'${file}': ${reason}`))
    parser.atEnd(() => parser.call.writeFile(file, text))
    return (item) => {
      text += item.path + ending
      return true
    }
  }

/** How many arguments `-exec … +` hands over at once. */
const batch = 5000

const exec: Make = (parser, name) => {
  parser.acted()
  const { call } = parser
  const words: string[] = []
  for (;;) {
    const word = parser.next(name)
    if (word === ';') break
    if (word === '+' && words[words.length - 1] === '{}') return gather(parser, words.slice(0, -1), name)
    words.push(word)
  }
  const inFolder = name === '-execdir'
  return async (item) => {
    const path = inFolder ? `./${basename(item.path)}` : item.path
    const argv = words.map((word) => word.split('{}').join(path))
    return (await call.spawn(argv, inFolder ? { cwd: call.path(dirname(item.path)) } : {})) === 0
  }
}

function gather(parser: FindParser, words: string[], name: string): Expression {
  const { call } = parser
  const paths: string[] = []
  const flush = async () => {
    if (paths.length === 0) return
    if ((await call.spawn([...words, ...paths.splice(0)])) !== 0) call.status = 1
  }
  parser.atEnd(flush)
  if (name === '-execdir') throw new NotSimulated('-execdir … + is not simulated')
  return async (item) => {
    paths.push(item.path)
    if (paths.length >= batch) await flush()
    return true
  }
}

const remove: Make = (parser) => {
  parser.acted()
  parser.depth = true
  const { call } = parser
  return (item) => {
    if (item.path === '.') return true
    try {
      if (item.stat.type === 'dir') call.fs.rmdir(call.path(item.path))
      else call.fs.unlink(call.path(item.path))
      return true
    } catch (error) {
      call.fail(`cannot delete '${item.path}': ${strerror(error)}`)
      return false
    }
  }
}

const printf: Make = (parser, name) => {
  parser.acted()
  const format = parser.next(name)
  return (item) => {
    parser.call.out(render(parser, format, item))
    return true
  }
}

function render(parser: FindParser, format: string, item: Item): string {
  // Escapes are read outside the directives only.
  return format
    .split(/(%[-0-9.]*(?:[ATC].|[a-zA-Z%]))/)
    .map((piece, at) => {
      if (at % 2 === 0) return readEscapes(piece, 'printf').text
      const match = /^%(-?)([0-9]*)(?:\.([0-9]+))?(.+)$/.exec(piece)!
      const text = field(parser, match[4]!, item)
      return match[1] ? text.padEnd(Number(match[2] || 0)) : text.padStart(Number(match[2] || 0))
    })
    .join('')
}

function field(parser: FindParser, letter: string, { path, start, stat, depth }: Item): string {
  const ms = Number(stat.mtimeNs / 1_000_000n)
  const nanoseconds = Number(((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
  const fraction = `${String(nanoseconds).padStart(9, '0')}0`
  if (/^[ATC]/.test(letter) && letter.length === 2) {
    if (letter[1] === '@') return `${Math.floor(ms / 1000)}.${fraction}`
    if (letter[1] === '+') return `${formatDate('%Y-%m-%d+%H:%M:%S', ms)}.${fraction}`
    return formatDate(`%${letter[1]}`, ms, nanoseconds)
  }
  switch (letter) {
    case '%':
      return '%'
    case 'p':
      return path
    case 'P':
      return path === start ? '' : path.slice(start.endsWith('/') ? start.length : start.length + 1)
    case 'f':
      return basename(path)
    case 'h':
      return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.'
    case 'H':
      return start
    case 'd':
      return String(depth)
    case 's':
      return String(stat.type === 'dir' ? 4096 : stat.size)
    case 'k':
      return String(Math.ceil(stat.size / 1024))
    case 'b':
      return String(Math.ceil(stat.size / 512))
    case 'm':
      return stat.mode.toString(8)
    case 'M':
      return showMode(stat.type, stat.mode)
    case 'n':
      return String(linkCount(parser.call, parser.call.path(path), stat))
    case 'i':
      return String(stat.ino)
    case 'u':
      return parser.owners.userName(stat.uid) ?? String(stat.uid)
    case 'U':
      return String(stat.uid)
    case 'g':
      return parser.owners.groupName(stat.gid) ?? String(stat.gid)
    case 'G':
      return String(stat.gid)
    case 'l':
      return stat.type === 'symlink' ? parser.call.fs.readlink(parser.call.path(path)) : ''
    case 'y':
    case 'Y':
      return { file: 'f', dir: 'd', symlink: 'l', fifo: 'p', char: 'c', block: 'b' }[
        (letter === 'Y' && parser.call.fs.find(parser.call.path(path))?.type) || stat.type
      ]
    case 't':
      return formatDate('%a %b %e %H:%M:%S', ms) + formatDate('.%N0 %Y', ms, nanoseconds)
    default:
      throw new NotSimulated(`-printf %${letter} is not simulated`)
  }
}

export const actions: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['-print', print('\n')],
  ['-print0', print('\0')],
  ['-fprint', toFile('\n')],
  ['-fprint0', toFile('\0')],
  ['-printf', printf],
  ['-exec', exec],
  ['-execdir', exec],
  ['-delete', remove],
  [
    '-ls',
    (parser) => {
      parser.acted()
      return async (item) => (await parser.call.spawn(['ls', '-dils', item.path])) === 0
    },
  ],
  [
    '-prune',
    () => (item) => {
      item.prune = true
      return true
    },
  ],
  [
    '-quit',
    (parser) => {
      parser.acted()
      return (item) => {
        item.quit = true
        return true
      }
    },
  ],
])
