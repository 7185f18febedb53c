import { InvalidChmodError } from '../errors.js'

/** Gives the new permission bits (0 to 0o7777) of an entry from its own. */
export type Chmod = {
  readonly octal: boolean
  apply(mode: number, isDir: boolean): number
}

const CLAUSE = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/
const ACTION = /([-+=])([ugo]|[rwxXst]*)/g
const PERMISSIONS: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 }
const WHO: Record<string, number> = { u: 0o4700, g: 0o2070, o: 0o1007 }

/**
 * Reads `--chmod`: octal up to 07777, or symbolic as chmod(1) (`u=rwX,go=rX`).
 * @throws InvalidChmodError
 */
export function parseChmod(text: string): Chmod {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode > 0o7777) throw new InvalidChmodError(text)
    return { octal: true, apply: () => mode }
  }
  const clauses = text.split(',').map((part) => {
    const match = CLAUSE.exec(part)
    if (!match) throw new InvalidChmodError(text)
    return { who: match[1] || 'a', actions: [...match[2]!.matchAll(ACTION)].map(([, op, what]) => ({ op: op!, what: what ?? '' })) }
  })
  return {
    octal: false,
    apply(mode, isDir) {
      let now = mode
      for (const { who, actions } of clauses)
        for (const { op, what } of actions) {
          const reach = mask(who)
          const bits = value(what, now, isDir) & reach
          if (op === '+') now |= bits
          else if (op === '-') now &= ~bits
          // `=` clears what the letters reach, but leaves set-id bits of a directory alone, as chmod(1) does.
          else now = (now & ~(reach & (isDir ? 0o777 : 0o7777))) | bits
        }
      return now & 0o7777
    },
  }
}

const mask = (who: string): number => (who.includes('a') ? 0o7777 : [...who].reduce((bits, w) => bits | WHO[w]!, 0))

function value(what: string, now: number, isDir: boolean): number {
  if (what === 'u' || what === 'g' || what === 'o') {
    const own = (now >> (what === 'u' ? 6 : what === 'g' ? 3 : 0)) & 7
    return own * 0o111
  }
  let bits = 0
  for (const letter of what) {
    if (letter === 'X') bits |= isDir || (now & 0o111) !== 0 ? 0o111 : 0
    else if (letter === 's') bits |= 0o6000
    else if (letter === 't') bits |= 0o1000
    else bits |= PERMISSIONS[letter]!
  }
  return bits
}
