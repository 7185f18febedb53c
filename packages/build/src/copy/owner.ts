import { parseId, readGroup, readPasswd } from '@layerwright/executor'
import type { FileSystem } from '@layerwright/vfs'
import { InvalidOwnerError } from '../errors.js'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Reads `--chown` as the reference does: a number alone is user and group; a name takes its own primary group; a name nobody
 * knows is no error but root, or the user's group; nothing at all on either side of a colon is 0. `root` is 0 without a look
 * at any file; other names can't be looked up where there is no root file system.
 * @throws InvalidOwnerError
 */
export async function parseOwner(text: string, root: FileSystem, rootless: boolean): Promise<Owner> {
  const colon = text.indexOf(':')
  const user = colon < 0 ? text : text.slice(0, colon)
  const group = colon < 0 ? undefined : text.slice(colon + 1)
  const userId = idOf(user, text)
  const groupId = group === undefined ? undefined : idOf(group, text)
  if (rootless && (userId === undefined || (group !== undefined && groupId === undefined))) throw new InvalidOwnerError(text)

  const known = userId === undefined ? (await readPasswd(root)).find((entry) => entry.name === user) : undefined
  const uid = userId ?? known?.uid ?? 0
  const ownGroup = userId ?? known?.gid ?? 0
  if (group === undefined) return { uid, gid: ownGroup }
  if (groupId !== undefined) return { uid, gid: groupId }
  return { uid, gid: (await readGroup(root)).find((entry) => entry.name === group)?.gid ?? ownGroup }
}

/** The id that a part names by itself; undefined for a name that has to be looked up. */
function idOf(part: string, whole: string): number | undefined {
  if (part === '' || part === 'root') return 0
  if (!/^\d+$/.test(part)) return undefined
  const id = parseId(part)
  if (id === undefined) throw new InvalidOwnerError(whole, `${part} is no id`)
  return id
}
