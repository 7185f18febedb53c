import { SimulationUnsupportedError } from '../errors.js'
import { appletsOf } from './applets.js'
import { Call } from './call.js'
import { findCommand } from './commands/index.js'
import { contained } from './contained.js'
// cycle-ok: a program may be a shell, and a shell starts programs
import { runShellProgram } from './shell-program.js'
import { fromBytes } from './system/bytes.js'
import { permits } from './system/credentials.js'
import { basename, join } from './system/paths.js'
import { type Process, type Run, refuse } from './system/process.js'
import type { ShellFs } from './system/shell-fs.js'
import type { Task } from './system/task.js'
import { tracedEnv } from './system/traced-env.js'
import { unsupportedPrograms } from './unsupported.js'

/** Why a program could not be started. */
export type LaunchFailure =
  | { readonly failed: 'missing' | 'directory' | 'denied' | 'format' }
  | { readonly failed: 'interpreter'; readonly interpreter: string }

export interface LaunchOptions {
  /** The PATH to look in. */
  readonly path: string
  /** A text without `#!` is run by a shell, as shells (but not `execve`) do. */
  readonly asScript: boolean
}

/** What a command's name leads to. */
export type Found =
  | { readonly kind: 'pack'; readonly name: string; readonly path: string; readonly real: string }
  | { readonly kind: 'script'; readonly path: string; readonly interpreter: readonly string[] }
  | { readonly kind: 'text'; readonly path: string }
  | { readonly kind: 'program'; readonly path: string }

const shells = new Set(['sh', 'bash', 'dash', 'ash'])
/** Where a command of the pack is said to lie when the tree has no file for it. */
const packFolder = '/usr/bin'

interface Searcher {
  readonly run: Run
  readonly fs: ShellFs
  readonly cwd: string
  readonly task: Task
}

/** Finds a command as `execvp` does: along PATH, by the files of the tree. */
export async function findProgram(searcher: Searcher, name: string, path: string): Promise<Found | LaunchFailure> {
  let failure: LaunchFailure = { failed: 'missing' }
  for (const candidate of candidates(searcher.cwd, name, path)) {
    const stat = searcher.fs.find(candidate)
    if (!stat) continue
    if (stat.type === 'dir') {
      if (name.includes('/')) return { failed: 'directory' }
      continue
    }
    if (!permits(stat, searcher.fs.who, 1)) {
      failure = { failed: 'denied' }
      continue
    }
    return inspect(searcher, candidate, name.includes('/') ? name : candidate)
  }
  if (failure.failed === 'missing' && !name.includes('/') && (await appletsOf(searcher)).has(name)) {
    if (shells.has(name) || findCommand(name)) return { kind: 'pack', name, path: name, real: 'busybox' }
    return { kind: 'program', path: name }
  }
  if (searcher.run.everyCommand && failure.failed === 'missing') {
    const base = basename(name)
    const standard = !name.includes('/') || /^\/(?:usr\/)?s?bin\/[^/]+$/.test(name)
    if (standard && (shells.has(base) || findCommand(base)))
      return { kind: 'pack', name: base, path: name.includes('/') ? name : `${packFolder}/${base}`, real: base }
    if (!name.includes('/') && unsupportedPrograms.has(name)) return { kind: 'program', path: name }
  }
  return failure
}

function candidates(cwd: string, name: string, path: string): string[] {
  if (name === '') return []
  if (name.includes('/')) return [join(cwd, name)]
  return path.split(':').map((folder) => join(join(cwd, folder || '.'), name))
}

/** @param shown how a script learns its own name: as it was called, or where it was found */
async function inspect(searcher: Searcher, path: string, shown: string): Promise<Found> {
  const real = basename(searcher.fs.realpath(path))
  const base = basename(path)
  const head = await readHead(searcher, path)
  if (head.startsWith('#!')) {
    const [, interpreter, argument] = /^#![ \t]*([^ \t\n]*)[ \t]*([^\n]*?)[ \t]*(?:\n|$)/.exec(head) ?? []
    return { kind: 'script', path: shown, interpreter: [interpreter ?? '', ...(argument ? [argument] : [])] }
  }
  if (!head.startsWith('\x7fELF')) return { kind: 'text', path: shown }
  const name = real === 'busybox' || real.startsWith('busybox.') ? (real === base ? 'busybox' : base) : base
  if (shells.has(name) || findCommand(name)) return { kind: 'pack', name, path, real }
  return { kind: 'program', path }
}

async function readHead(searcher: Searcher, path: string): Promise<string> {
  const stat = searcher.fs.stat(path)
  if (stat.type !== 'file') return ''
  // Execute permission is enough to run a binary; only an interpreter has to be able to read the file.
  const root = searcher.fs.fork({ uid: 0, gid: 0, groups: [] })
  const file = root.open(path)
  try {
    const bytes = await file.read(searcher.task, 256)
    return bytes ? fromBytes(bytes) : ''
  } finally {
    file.release()
  }
}

/** Starts `process.argv` and waits for its end. */
export async function launch(process: Process, options: LaunchOptions): Promise<number | LaunchFailure> {
  await process.task.step()
  const found = await findProgram(process, process.argv[0] ?? '', options.path)
  if ('failed' in found) return found
  process.run.onProgram?.(process.argv)
  switch (found.kind) {
    case 'pack':
      return runPack(process, found)
    case 'program':
      return refuse(process, new SimulationUnsupportedError(process.argv.join(' '), reason(found.path), process.line))
    case 'text': {
      if (!options.asScript) return { failed: 'format' }
      const text = await readHead(process, join(process.cwd, found.path))
      if (text.split('\n')[0]!.includes('\0')) return { failed: 'format' }
      return runShellProgram({ ...process, argv: [process.argv[0]!, found.path, ...process.argv.slice(1)] }, 'bash')
    }
    case 'script': {
      const inner = { ...process, argv: [...found.interpreter, found.path, ...process.argv.slice(1)], depth: process.depth + 1 }
      const outcome = await launch(inner, { ...options, asScript: false })
      if (typeof outcome === 'number') return outcome
      return outcome.failed === 'missing' ? { failed: 'interpreter', interpreter: found.interpreter[0]! } : outcome
    }
  }
}

function reason(path: string): string {
  return unsupportedPrograms.get(basename(path)) ?? `${path} is a binary, and the simulated shell has no command of that name`
}

/** The simulation of a program that the tree has. */
async function runPack(process: Process, found: Extract<Found, { kind: 'pack' }>): Promise<number> {
  if (shells.has(found.name)) {
    if (isBusybox(found)) process.run.busybox ??= process.fs.realpath(found.path)
    return runShellProgram(process, dialectOf(found))
  }
  const call = new Call({ ...process, env: tracedEnv(process.env, process.fs.shared.onAccess) }, found.name)
  call.busybox = isBusybox(found)
  return contained(call, () => findCommand(found.name)!(call))
}

// prefix-ok: the name of a program, `busybox.static` too
const isBusybox = ({ real }: { readonly real: string }): boolean => real.startsWith('busybox')

function dialectOf(found: { readonly name: string; readonly real: string }): 'bash' | 'dash' | 'ash' {
  if (isBusybox(found) || found.real === 'ash') return 'ash'
  if (found.real === 'bash' || found.name === 'bash') return 'bash'
  return 'dash'
}
