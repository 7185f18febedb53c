import { type Parsed, parseArguments } from '../../command-options.js'
import { CommandFailure, NotSimulated } from '../../failure.js'

const letters = 'Acdrtuxf:C:zjJZavkmhpPOT:X:SnsUwWlb:B:g:iIoL:V:'.replace('I', 'I:').replace('B:', 'B')

const long = {
  create: 'c', extract: 'x', get: 'x', list: 't', append: 'r', update: 'u', diff: 'd', compare: 'd', file: 'f:', directory: 'C:', gzip: 'z', gunzip: 'z', ungzip: 'z', bzip2: 'j', xz: 'J', zstd: 'zstd',
  'auto-compress': 'a', verbose: 'v', 'keep-old-files': 'k', touch: 'm', dereference: 'h', 'preserve-permissions': 'p', 'same-permissions': 'p', 'absolute-names': 'P', 'to-stdout': 'O', 'files-from': 'T:',
  'exclude-from': 'X:', exclude: 'exclude:', 'exclude-vcs': 'vcs', 'strip-components': 'strip:', owner: 'owner:', group: 'group:', mtime: 'mtime:', mode: 'mode:', 'numeric-owner': 'numeric',
  'same-owner': 'same', 'no-same-owner': 'o', 'no-same-permissions': 'noperm', transform: 'transform:', xform: 'transform:', sort: 'sort:', format: 'format:', 'overwrite': 'overwrite', 'no-recursion': 'norec',
  'one-file-system': 'one', wildcards: 'wild', 'no-wildcards': 'nowild', anchored: 'anchored', 'no-anchored': 'noanchored', 'null': 'null', 'use-compress-program': 'I:', 'warning': 'warning:', checkpoint: 'checkpoint::',
  totals: 'totals', 'skip-old-files': 'skip', 'unlink-first': 'U', 'keep-newer-files': 'newer', 'hard-dereference': 'hardd', posix: 'posix', 'no-xattrs': 'noxattrs', xattrs: 'xattrs', 'delay-directory-restore': 'delay', 'recursive-unlink': 'U',
} as const // biome-ignore format: a table

export interface TarOptions {
  readonly mode: 'c' | 'x' | 't' | 'r'
  readonly parsed: Parsed
  /** Operands in order, each with the folder that `-C` set before it. */
  readonly operands: readonly { readonly name: string; readonly folder: string }[]
  readonly folder: string
}

/** Reads tar's arguments: also the old form without a dash, in which values follow in the order of their letters. */
export function parseTar(args: readonly string[]): TarOptions {
  const fault = (message: string): never => {
    throw new CommandFailure(`${message}\nTry 'tar --help' or 'tar --usage' for more information.`, 64)
  }
  const given = args[0] !== undefined && !args[0].startsWith('-') ? bundled(args) : [...args]
  // -C counts for what comes after it, so operands are kept apart by it.
  const operands: { name: string; folder: string }[] = []
  let folder = '.'
  const rest: string[] = []
  for (let at = 0; at < given.length; at++) {
    const arg = given[at]!
    const value =
      arg === '-C' || arg === '--directory'
        ? given[++at]
        : /^--directory=/.test(arg)
          ? arg.slice(12)
          : /^-C./.test(arg)
            ? arg.slice(2)
            : undefined
    if (value !== undefined) {
      folder = value.startsWith('/') ? value : folder === '.' ? value : `${folder}/${value}`
      continue
    }
    if (arg === '-' || !arg.startsWith('-')) {
      operands.push({ name: arg, folder })
      continue
    }
    rest.push(arg)
    if (takesValue(arg)) {
      // The last letter of a bundle may be C.
      if (/^-[^-]*C$/.test(arg)) {
        rest[rest.length - 1] = arg.slice(0, -1)
        folder = given[++at] ?? '.'
      } else rest.push(given[++at] ?? '')
    }
  }
  const parsed = parseArguments(rest, letters, long, (message, unknown) => {
    if (unknown) throw new NotSimulated(`${message}, which is not simulated`)
    return fault(message)
  })
  const modes = (['c', 'x', 't', 'r', 'u', 'd', 'A'] as const).filter((letter) => parsed.has(letter))
  if (modes.length === 0) fault("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options")
  if (modes.length > 1) fault("You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option")
  const [mode] = modes
  if (mode === 'u' || mode === 'd' || mode === 'A') throw new NotSimulated(`-${mode} is not simulated`)
  return { mode: mode!, parsed, operands, folder }
}

function takesValue(arg: string): boolean {
  if (arg.startsWith('--')) {
    if (arg.includes('=')) return false
    const target = (long as Readonly<Record<string, string>>)[arg.slice(2)]
    return target !== undefined && /[^:]:$/.test(target)
  }
  for (let at = 1; at < arg.length; at++) {
    const place = letters.indexOf(arg[at]!)
    if (place !== -1 && letters[place + 1] === ':') return at === arg.length - 1
  }
  return false
}

/** `tar xzf FILE` as `tar -x -z -f FILE`. */
function bundled(args: readonly string[]): string[] {
  const result: string[] = []
  const rest = args.slice(1)
  for (const letter of args[0]!) {
    result.push(`-${letter}`)
    if (letters[letters.indexOf(letter) + 1] === ':' && letters.includes(letter)) result.push(rest.shift() ?? '')
  }
  return [...result, ...rest]
}
