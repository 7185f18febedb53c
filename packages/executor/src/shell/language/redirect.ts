import { toBytes } from '../system/bytes.js'
import { BytesInput, type OpenFile } from '../system/open-file.js'
import { join } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Descriptors } from './descriptors.js'
import { expandTarget, expandText } from './expand.js'
import type { Shell } from './shell.js'
import { CommandFault, FatalFault, RedirectionFault } from './signals.js'
import type { Redirection, WordNode } from './syntax.js'

/** dash gives 2 where a redirection fails, the others 1. */
const faultStatus = (shell: Shell): number => (shell.dialect === 'dash' ? 2 : 1)

/** Applies redirections to descriptors, from left to right. @throws CommandFault: the command does not run, its status is 1. */
export async function redirect(shell: Shell, redirections: readonly Redirection[], fds: Descriptors): Promise<void> {
  for (const each of redirections) {
    const { operator, target } = each
    const reads = operator.startsWith('<')
    let fd = each.fd ?? (reads ? 0 : 1)
    if (each.fdVariable !== undefined) {
      const known = Number(shell.env.get(each.fdVariable))
      const closes =
        target.type === 'Word' && target.parts.length === 1 && target.parts[0]?.type === 'Literal' && target.parts[0].value === '-'
      fd = closes ? known : fds.free(10)
      if (!closes) shell.assign(each.fdVariable, String(fd))
    }
    if (target.type === 'HereDoc') {
      const text = target.quoted ? raw(target.content) : await expandText(shell, target.content)
      fds.set(fd, new BytesInput(toBytes(target.stripTabs ? text.replace(/^\t+/gm, '') : text), 'here-document'))
      continue
    }
    if (operator === '<<<') {
      fds.set(fd, new BytesInput(toBytes(`${await expandText(shell, target)}\n`), 'here-string'))
      continue
    }
    const name = await destination(shell, target)
    if ((operator === '>&' || operator === '<&') && /^(?:-|[0-9]+-?)$/.test(name)) duplicate(shell, fds, fd, name)
    else await open(shell, operator === '>&' && each.fd === null ? '&>' : operator, name, fd, fds)
  }
}

/** Text of a here-document whose delimiter was quoted. */
function raw(content: WordNode): string {
  return content.parts.map((part) => (part.type === 'Literal' || part.type === 'SingleQuoted' ? part.value : '')).join('')
}

async function destination(shell: Shell, target: WordNode): Promise<string> {
  try {
    // The POSIX shells neither split nor look up file names here.
    return shell.dialect === 'bash' ? await expandTarget(shell, target) : await expandText(shell, target)
  } catch (error) {
    if (error instanceof FatalFault && error.message.endsWith('ambiguous redirect')) throw new CommandFault(error.message)
    throw error
  }
}

function duplicate(shell: Shell, fds: Descriptors, fd: number, name: string): void {
  if (name === '-') {
    fds.remove(fd)
    return
  }
  const from = Number.parseInt(name, 10)
  const file = fds.get(from)
  if (!file) throw new RedirectionFault(`${from}: Bad file descriptor`, faultStatus(shell))
  if (from !== fd) fds.set(fd, file.hold())
  if (name.endsWith('-')) fds.remove(from)
}

async function open(shell: Shell, operator: string, name: string, fd: number, fds: Descriptors): Promise<void> {
  const path = join(shell.cwd, name)
  const own = name === '' ? undefined : shell.fs.descriptor(path)
  try {
    let file: OpenFile
    if (name === '') throw Object.assign(new Error('no name'), { code: 'ENOENT' })
    if (own !== undefined) {
      // That of a process substitution in this very redirection is not in the copy yet.
      const existing = fds.get(own) ?? shell.fds.get(own)
      if (!existing) throw Object.assign(new Error('closed'), { code: 'ENOENT' })
      file = existing.hold()
    } else if (operator === '<') file = shell.fs.open(path)
    else if (operator === '<>') file = shell.fs.create(path, { read: true, keep: true })
    else {
      const append = operator === '>>' || operator === '&>>'
      file = shell.fs.create(path, { append, noclobber: shell.has('noclobber') && operator !== '>|' && !append })
    }
    fds.set(fd, file)
    if (operator.startsWith('&')) fds.set(2, file.hold())
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new RedirectionFault(`${name}: cannot overwrite existing file`, faultStatus(shell))
    throw new RedirectionFault(`${name}: ${strerror(error)}`, faultStatus(shell))
  }
}

/** Runs something with other descriptors, then puts the old ones back. */
export function withRedirections(shell: Shell, redirections: readonly Redirection[], body: () => Promise<void>): Promise<void> {
  return redirections.length === 0 ? body() : redirected(shell, redirections, body)
}

async function redirected(shell: Shell, redirections: readonly Redirection[], body: () => Promise<void>): Promise<void> {
  const before = shell.fds
  const fds = before.fork()
  try {
    await redirect(shell, redirections, fds)
    shell.fds = fds
    await body()
  } finally {
    shell.fds = before
    fds.close()
  }
}
