/** The command itself, among all that a runtime starts on the way to it. */
import { stringsOf } from './lines.js'
import type { Walker } from './walk.js'

export interface TracedCommand {
  readonly argv: readonly string[]
  readonly path: string | undefined
  /** Real. */
  readonly cwd: string
  /** Whether it runs as the superuser, who is in no other group. */
  readonly superuser: boolean
  /** Whether it runs as root. */
  readonly root: boolean
}

/** Whether what was executed has these arguments, as far as the tracer wrote them out. */
export function isCommand(arg: string | undefined, argv: readonly string[]): boolean {
  const { strings, whole } = stringsOf(arg)
  if (whole && strings.length !== argv.length) return false
  const last = strings.length - 1
  // prefix-ok: no path, but an argument that was cut
  const same = (text: string, i: number) => (i === last && !whole ? argv[i]?.startsWith(text) : argv[i] === text)
  return last >= 0 && strings.every(same)
}

/** Whoever starts a command looks for it in one folder of PATH after the other, before its first call. @param program what was found */
export function lookForProgram({ argv: [name = ''], path, cwd }: TracedCommand, program: string, walker: Walker): void {
  if (name.includes('/')) return
  for (const folder of (path ?? '').split(':')) {
    const place = `${folder.startsWith('/') ? '' : `${cwd}/`}${folder}/${name}`
    walker.find(walker.root, place, { follow: true })
    if (place === program) return
  }
}
