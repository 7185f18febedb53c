/** Which user and group ids a sandbox knows, and how a process of the machine gets into their namespace. */
import { statSync } from 'node:fs'
import type { LayerChange } from '@layerwright/vfs'
import { IdUnavailableError } from '../errors.js'
import { findProgram, runTool } from './gate.js'

/**
 * - `all`: as root, ids mean what they mean on the machine.
 * - `range`: rootless with subordinate ids (subuid(5)); 0 is the user, the others are its subordinates. Only processes of that user namespace
 *   can make, read and remove what belongs to them.
 * - `one`: rootless without; the user is 0 and there is nobody else. New files are 0:0, what was there keeps its owner in the tree.
 */
export type IdKind = 'all' | 'range' | 'one'

export interface Ids {
  readonly kind: IdKind
  /** Ids 0 to `count - 1` exist. */
  readonly count: number
}

/** The arguments of `unshare` that make the namespace; the same ids every time. */
export function namespaceOf({ kind }: Ids): string[] {
  if (kind === 'all') return []
  return ['--user', '--map-root-user', ...(kind === 'range' ? ['--map-auto'] : [])]
}

export const isRootless = ({ kind }: Ids): boolean => kind !== 'all'

/** What this user has. Never fails: without subordinate ids there is always `one`. */
export function findIds(): Ids {
  if (process.geteuid?.() === 0) return { kind: 'all', count: 2 ** 32 - 1 }
  const count = findProgram('newuidmap') && findProgram('newgidmap') ? rangeCount() : 0
  return count > 1 ? { kind: 'range', count } : { kind: 'one', count: 1 }
}

/** Changes when an administrator gives or takes subordinate ids: what was found out before is out of date then. */
export function idsMark(): string {
  const times = ['/etc/subuid', '/etc/subgid', findProgram('newuidmap') ?? ''].map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat ? Math.trunc(stat.mtimeMs).toString(36) : '0'
  })
  return [process.geteuid?.(), ...times].join('-')
}

function rangeCount(): number {
  try {
    const map = (file: string) =>
      runTool(['unshare', ...namespaceOf({ kind: 'range', count: 0 }), 'cat', `/proc/self/${file}`])
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number))
    return Math.min(...['uid_map', 'gid_map'].map((file) => reach(map(file))))
  } catch {
    // No line for this user, an `unshare` that is too old, or a namespace that is not allowed.
    return 0
  }
}

/** How many ids from 0 on are mapped without a gap. @param lines inside, outside, how many (user_namespaces(7)) */
function reach(lines: readonly (readonly number[])[]): number {
  let end = 0
  for (const [inside = 0, , count = 0] of [...lines].sort((a, b) => a[0]! - b[0]!)) if (inside === end) end += count
  return end
}

/** @throws IdUnavailableError for a user that cannot exist in the sandbox */
export function checkIdentity(ids: Ids, uid: number, gid: number, groups: readonly number[]): void {
  const missing = [uid, gid, ...groups].find((id) => id >= ids.count)
  if (missing !== undefined) throw new IdUnavailableError(missing, ids.count, 'the user of the command')
}

/** @throws IdUnavailableError for an owner that cannot be set */
export function checkOwners(ids: Ids, { path, inode }: LayerChange): void {
  if (inode === null) return
  const missing = [inode.uid, inode.gid].find((id) => id >= ids.count)
  if (missing !== undefined) throw new IdUnavailableError(missing, ids.count, `/${path}`)
}
