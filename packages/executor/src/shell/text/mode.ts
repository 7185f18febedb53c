import type { FileType } from '@layerwright/vfs'

export interface ModeContext {
  readonly isDirectory: boolean
  readonly umask: number
  /** As busybox's chmod: set-id bits of directories are not kept, and the sticky bit is nobody's but everybody's. */
  readonly plain?: boolean
}

/** Applies an octal or symbolic mode as chmod(1) does, GNU's if it is not said to be a plain one; undefined where it is malformed. */
export function changeMode(spec: string, mode: number, context: ModeContext): number | undefined {
  if (/^[0-7]+$/.test(spec)) {
    const octal = Number.parseInt(spec, 8)
    if (octal > 0o7777) return undefined
    // GNU keeps setuid and setgid of directories unless they are named with five digits.
    return context.isDirectory && spec.length < 5 && !context.plain ? octal | (mode & 0o6000) : octal
  }
  let result = mode
  for (const clause of spec.split(',')) {
    const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause)
    if (!match) return undefined
    for (const action of match[2]!.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)) {
      result = applyClause(match[1]!, action[1]!, action[2]!, result, context)
    }
  }
  return result
}

function applyClause(who: string, operator: string, what: string, mode: number, context: ModeContext): number {
  const all = who === '' || who.includes('a')
  const u = all || who.includes('u')
  const g = all || who.includes('g')
  const o = all || who.includes('o')
  let permission = 0
  if (/^[ugo]$/.test(what)) permission = (mode >> { u: 6, g: 3, o: 0 }[what as 'u' | 'g' | 'o']) & 7
  else {
    if (what.includes('r')) permission |= 4
    if (what.includes('w')) permission |= 2
    if (what.includes('x')) permission |= 1
    if (what.includes('X') && (context.isDirectory || (mode & 0o111) !== 0)) permission |= 1
  }
  let bits = (u ? permission << 6 : 0) | (g ? permission << 3 : 0) | (o ? permission : 0)
  if (what.includes('s')) bits |= (u ? 0o4000 : 0) | (g ? 0o2000 : 0)
  if (what.includes('t') && (all || (o && !context.plain))) bits |= 0o1000
  let affected = (u ? 0o4700 : 0) | (g ? 0o2070 : 0) | (o ? 0o7 : 0) | (all || (o && !context.plain) ? 0o1000 : 0)
  if (who === '') {
    bits &= ~context.umask
    if (!context.plain) affected &= ~context.umask
  }
  if (operator === '+') return mode | bits
  if (operator === '-') return mode & ~bits
  // `=` leaves setuid and setgid of directories alone unless they are named.
  const kept = context.isDirectory && !what.includes('s') && !context.plain ? 0o6000 : 0
  return (mode & ~(affected & ~kept)) | bits
}

const typeLetters: Readonly<Record<FileType, string>> = { file: '-', dir: 'd', symlink: 'l', fifo: 'p', char: 'c', block: 'b' }

/** `drwxr-sr-x` */
export function showMode(type: FileType, mode: number): string {
  const letters = (shift: number, special: boolean, letter: string) => {
    const bits = mode >> shift
    const x = special ? ((bits & 1) !== 0 ? letter : letter.toUpperCase()) : (bits & 1) !== 0 ? 'x' : '-'
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${x}`
  }
  return (
    typeLetters[type] +
    letters(6, (mode & 0o4000) !== 0, 's') +
    letters(3, (mode & 0o2000) !== 0, 's') +
    letters(0, (mode & 0o1000) !== 0, 't')
  )
}

/** The file type in st_mode. */
export const typeBits: Readonly<Record<FileType, number>> = {
  file: 0o100000,
  dir: 0o40000,
  symlink: 0o120000,
  fifo: 0o10000,
  char: 0o20000,
  block: 0o60000,
}
