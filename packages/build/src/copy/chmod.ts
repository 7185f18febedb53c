import { InvalidChmodError } from '../errors.js'

/** Gives the new permission bits (0 to 0o7777) of an entry from its own. */
export type Chmod = {
  readonly octal: boolean
  apply(mode: number, isDir: boolean): number
}

const CLAUSE = /^([ugoa]*)((?:[-+=][ugorwxXst]*)+)$/
const ACTION = /([-+=])([ugorwxXst]*)/g
const PERMISSIONS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 }
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 }
const SET_ID = 0o6000
const STICKY = 0o1000
const EXECUTE = 0o111
/** What `=` clears where nobody is named. */
const STANDARD = 0o6777

/** What one command makes of the bits. `own`: those before all commands. */
type Command = (now: number, own: number, isDir: boolean) => number

/**
 * Reads `--chmod`: octal up to 07777, or symbolic. Symbols mean what they mean to BSD's setmode(3), which the reference has, not to GNU's chmod: `X` looks at the
 * bits as they were before the first clause, `=` reaches the set-id bits of directories too and the sticky bit only with `t`, and `t` belongs to the owner and the group.
 * No umask applies.
 * @throws InvalidChmodError
 */
export function parseChmod(text: string): Chmod {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode > 0o7777) throw new InvalidChmodError(text)
    return { octal: true, apply: () => mode }
  }
  const commands = text.split(',').flatMap((part) => {
    const match = CLAUSE.exec(part)
    if (!match) throw new InvalidChmodError(text)
    const who = [...match[1]!].reduce((bits, letter) => bits | WHO[letter]!, 0)
    return [...match[2]!.matchAll(ACTION)].flatMap(([, op, what]) => readAction(who, op!, what!))
  })
  return {
    octal: false,
    apply: (mode, isDir) => commands.reduce((now, command) => command(now, mode, isDir), mode) & 0o7777,
  }
}

/** One operator and the letters behind it. */
function readAction(named: number, op: string, letters: string): Command[] {
  const commands: Command[] = []
  let who = named
  let bits = 0
  let search = false
  let cleared = false
  const flush = (last: boolean) => {
    if (bits !== 0 || (last && op === '=' && !cleared)) commands.push(setBits(op, who, bits))
    if (search) commands.push(searchBits(who))
    cleared = true
    bits = 0
    search = false
  }
  for (const letter of letters) {
    const reachesFile = who === 0 || (who & ~0o007) !== 0
    if (letter === 's') bits |= reachesFile ? SET_ID : 0
    else if (letter === 't') {
      if (!reachesFile) continue
      who |= STICKY
      bits |= STICKY
    } else if (letter === 'X') search ||= op !== '-'
    else if (letter === 'u' || letter === 'g' || letter === 'o') {
      flush(false)
      commands.push(copyBits(op, who, letter))
    } else bits |= PERMISSIONS[letter]!
  }
  flush(true)
  return commands
}

const setBits = (op: string, who: number, bits: number): Command => {
  const reached = who === 0 ? bits : who & bits
  if (op === '+') return (now) => now | reached
  if (op === '-') return (now) => now & ~reached
  return (now) => (now & ~(who === 0 ? STANDARD : who)) | reached
}

const searchBits =
  (who: number): Command =>
  (now, own, isDir) =>
    isDir || (own & EXECUTE) !== 0 ? now | (who === 0 ? EXECUTE : who & EXECUTE) : now

/** `g=u` and its like: the permissions that one class has now; never a set-id bit. */
const copyBits = (op: string, who: number, from: string): Command => {
  const shift = from === 'u' ? 6 : from === 'g' ? 3 : 0
  const reach = (who === 0 ? 0o777 : who) & 0o777
  return (now) => {
    const bits = (((now >> shift) & 7) * 0o111) & reach
    if (op === '+') return now | bits
    return op === '-' ? now & ~bits : (now & ~reach) | bits
  }
}
