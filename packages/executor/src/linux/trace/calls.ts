/** What one call with paths looks at, whether its result fits the tree that is known, and what it makes of it. */
import { annotationOf, stringOf } from './lines.js'
import { PATH_CALLS, type PathCall } from './syscalls.js'
import { TreeNode } from './tree.js'
import { type Asking, type Base, type Found, Lost, type Tell, type Walker } from './walk.js'

/** A process' working directory, which threads share. */
export interface Where {
  /** Undefined until the tracer says it. */
  cwd: Base | undefined
  /** Others that may be the same one, this among them: who began whom could not be told. */
  doubtful: Set<Where> | undefined
}

/** What is known of a process. */
export interface Process {
  where: Where
  exe: TreeNode | undefined
}

export interface Call {
  readonly name: string
  readonly spec: PathCall
  readonly args: readonly string[]
  readonly process: Process
}

export interface Result {
  readonly ok: boolean
  /** Of a failure: `ENOENT`. */
  readonly error: string | undefined
  /** The path of a descriptor that it gave. */
  readonly path: string | undefined
}

/** What a call found; a fact that is undefined is not known. */
export interface Looked {
  readonly from: Found
  readonly to: Found | undefined
}

/** A result as strace writes it; undefined where the call never ended. */
export function resultOf(text: string): Result | undefined {
  const error = /^-1 (E[A-Z0-9]+)\b/.exec(text)?.[1] ?? /^\? (ERESTART\w*)/.exec(text)?.[1]
  if (error !== undefined) return { ok: false, error, path: undefined }
  if (text.startsWith('?')) return undefined
  return { ok: true, error: undefined, path: annotationOf(text) }
}

export function callOf(name: string, args: readonly string[], process: Process): Call | undefined {
  const spec = PATH_CALLS.get(name)
  return spec && { name, spec, args, process }
}

const flagsOf = ({ spec, args }: Call): string => (spec.flags === undefined ? '' : (args[spec.flags] ?? ''))
/** Whether it has a flag. */
export const has = (call: Call, flag: string): boolean => new RegExp(`\\b${flag}\\b`).test(flagsOf(call))
/** Of an opening: whether it makes what is missing. */
export const makes = (call: Call): boolean => call.name === 'creat' || has(call, 'O_CREAT')
/** Of an opening: whether it may write. */
export const writes = (call: Call): boolean => call.name === 'creat' || /\bO_(?:WRONLY|RDWR|TRUNC)\b/.test(flagsOf(call))

const CHANGING = new Set(['mkdir', 'rmdir', 'unlink', 'rename', 'link', 'symlink', 'mknod'])
/** Whether names may be others after it. */
export const changesNames = (call: Call): boolean =>
  CHANGING.has(call.spec.action) || call.name === 'bind' || (call.spec.action === 'open' && makes(call))

/**
 * Tells of everything that the call depends on, as the tree is now.
 * @param result where it is known already: what failed says less
 * @returns undefined where it has to do with no path of the tree
 * @throws Lost
 */
export function look(call: Call, walker: Walker, tell: Tell, result?: Result): Looked | undefined {
  const { spec, args, name } = call
  if (spec.action === 'address') return lookAtSocket(call, walker, tell)
  const path = pathAt(args[spec.path], result)
  if (path === undefined) return undefined
  if (path === '') return lookAtNothing(call, walker, tell)
  if (has(call, 'RESOLVE_IN_ROOT')) throw new Lost('openat2 with a root of its own')
  // A directory may be made by a name with a slash behind it; whatever lies there already is not followed.
  const named = spec.action === 'mkdir' ? path.replace(/(?<=[^/])\/+$/, '') : path
  const from = find(call, named, spec.dir, walker, follows(call), result)
  const to = spec.to === undefined ? undefined : pathAt(args[spec.to], result)
  if (spec.to !== undefined && to === undefined) return undefined
  const found = { from, to: to === undefined ? undefined : find(call, to, spec.toDir, walker, false, result) }
  tellOf(spec, found, tell)
  if (name === 'truncate' || name === 'truncate64') tellFile(found.from.node, tell)
  return found
}

/** Undefined for what is no path: a null pointer, one into nowhere. @throws Lost for one that was cut */
function pathAt(arg: string | undefined, result: Result | undefined): string | undefined {
  const path = stringOf(arg)
  if (path === undefined && arg?.startsWith('"') && result?.error !== 'ENAMETOOLONG')
    throw new Lost('a path that the tracer did not write out')
  return path
}

function follows(call: Call): boolean {
  if (call.spec.nofollow) return has(call, 'AT_SYMLINK_FOLLOW')
  if (/\b(?:AT_SYMLINK_NOFOLLOW|O_NOFOLLOW)\b/.test(flagsOf(call))) return false
  return !(has(call, 'O_CREAT') && has(call, 'O_EXCL'))
}

function find(call: Call, path: string, dir: number | undefined, walker: Walker, follow: boolean, result: Result | undefined): Found {
  const asking: Asking = { cwd: call.process.where.cwd, exe: call.process.exe }
  if (path.startsWith('/')) return walker.find(walker.root, path, { follow, asking })
  if (dir === undefined) return walker.find(asking.cwd, path, { follow, asking })
  const base = baseOf(call.args[dir], walker, result)
  if (call.args[dir]?.startsWith('AT_FDCWD')) call.process.where.cwd ??= base
  return walker.find(base, path, { follow, asking })
}

/** The directory that a descriptor stands for. */
function baseOf(arg: string | undefined, walker: Walker, result: Result | undefined): Base | undefined {
  const path = annotationOf(arg)
  if (path === undefined || !path.startsWith('/')) {
    // No descriptor of a directory: the call fails.
    if (result?.ok) throw new Lost('a path below a descriptor that is not known')
    return '/proc/nowhere'
  }
  if (path.endsWith(' (deleted)')) {
    if (result?.ok) throw new Lost('a path below a directory that had been removed')
    return '/proc/nowhere'
  }
  return walker.locate(path)
}

/** With an empty path a call is about the descriptor itself, and that was told when it was opened. */
function lookAtNothing(call: Call, walker: Walker, tell: Tell): Looked | undefined {
  const { spec, args } = call
  if (!has(call, 'AT_EMPTY_PATH')) return undefined
  if (spec.action === 'execute') return { from: { unknown: true }, to: undefined }
  if (spec.action === 'link') {
    const to = stringOf(args[spec.to ?? -1])
    return to === undefined ? undefined : { from: { unknown: true }, to: find(call, to, spec.toDir, walker, false, undefined) }
  }
  if (spec.dir !== undefined && args[spec.dir]?.startsWith('AT_FDCWD')) {
    const base = baseOf(args[spec.dir], walker, undefined)
    if (base instanceof TreeNode && base.origin !== undefined) tell('stat', base.origin)
  }
  return undefined
}

function lookAtSocket({ args, spec, process, name }: Call, walker: Walker, tell: Tell): Looked | undefined {
  const address = args[spec.path] ?? ''
  if (!address.startsWith('{sa_family=AF_UNIX')) {
    if (address.startsWith('{sa_family=') || address === 'NULL') return undefined
    throw new Lost('an address that the tracer did not write out')
  }
  const quoted = /sun_path=("(?:[^"\\]|\\.)*")\}/.exec(address)?.[1]
  if (quoted === undefined) return undefined // it has none, or one that is in no filesystem
  const path = stringOf(quoted) ?? ''
  const from = walker.find(process.where.cwd, path, { follow: name !== 'bind', asking: { cwd: process.where.cwd, exe: process.exe } })
  if (from.node?.origin !== undefined) tell('stat', from.node.origin)
  return { from, to: undefined }
}

function tellOf({ action }: PathCall, { from, to }: Looked, tell: Tell): void {
  const { node } = from
  if (node?.origin !== undefined) {
    switch (action) {
      case 'open':
      case 'execute':
        tell('stat', node.origin)
        if (node.type === 'dir') tell('readdir', node.origin)
        else tellFile(node, tell)
        break
      case 'stat':
      case 'change':
        tell('stat', node.origin)
        break
      case 'rmdir':
      case 'unlink':
      case 'rename':
      case 'link':
        tell('tree', node.origin)
        break
    }
  }
  const over = to?.node
  if (over?.origin !== undefined) tell('tree', over.origin)
}

function tellFile(node: TreeNode | undefined, tell: Tell): void {
  if (node?.origin !== undefined && node.type === 'file') tell('read', node.origin)
}

/** Whether the result is one that the tree as it is known gives. */
export function fits(call: Call, { from, to }: Looked, { ok, error }: Result): boolean {
  if (from.unknown || to?.unknown) return true
  const { action } = call.spec
  const there = from.node !== undefined
  const place = there || from.dir !== undefined
  switch (action) {
    case 'open':
      if (ok) return there || (makes(call) && from.dir !== undefined)
      if (error === 'EEXIST') return there
      return error !== 'ENOENT' || !there
    case 'mkdir':
    case 'symlink':
    case 'mknod':
      if (ok) return !there && place
      if (error === 'EEXIST') return there
      return error !== 'ENOENT' || !place || from.name === undefined
    case 'rename':
    case 'link':
      if (ok) return there && to?.dir !== undefined && (action === 'rename' || to.node === undefined)
      if (error === 'EEXIST') return to?.node !== undefined
      return error !== 'ENOENT' || !there || to?.dir === undefined || has(call, 'RENAME_EXCHANGE')
    case 'address':
      if (call.name === 'bind') return ok ? !there && place : error !== 'EADDRINUSE' || there
      return ok ? there : error !== 'ENOENT' || !there
    case 'execute':
      // What is missing may be its interpreter.
      return ok ? there : true
    default:
      return ok ? there : error !== 'ENOENT' || !there
  }
}
