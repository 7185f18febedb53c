import type { Call } from './call.js'
import type { Parsed } from './command-options.js'
import { basename, dirname } from './system/paths.js'

/** How copies of what is replaced are named. */
export interface Backup {
  readonly control: 'numbered' | 'existing' | 'simple'
  readonly suffix: string
}

/** The backup options of cp, mv, ln and install (`-b`, `--backup[=CONTROL]`, `-S`). */
export function backupOf(options: Parsed): Backup | undefined {
  if (!options.has('b') && options.value('S') === undefined) return undefined
  const value = options.value('b') ?? ''
  if (value === 'none' || value === 'off') return undefined
  const control = value === 'numbered' || value === 't' ? 'numbered' : value === 'simple' || value === 'never' ? 'simple' : 'existing'
  return { control, suffix: options.value('S') ?? '~' }
}

/** Renames `name` to its backup. */
export function backup(call: Call, name: string, how: Backup): void {
  const folder = dirname(call.path(name))
  const base = basename(name)
  const numbers = call.fs.readdir(folder).flatMap((entry) => {
    // prefix-ok: one name, no path
    const match = entry.name.startsWith(`${base}.~`) ? /^\.~([0-9]+)~$/.exec(entry.name.slice(base.length)) : null
    return match ? [Number(match[1])] : []
  })
  const numbered = how.control === 'numbered' || (how.control === 'existing' && numbers.length > 0)
  const target = numbered ? `${name}.~${Math.max(0, ...numbers) + 1}~` : name + how.suffix
  call.fs.rename(call.path(name), call.path(target))
}
