import { parseId, readGroup, readPasswd } from '@layerwright/executor'
import type { FileSystem } from '@layerwright/vfs'
import { InvalidOwnerError } from '../errors.js'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Reads `--chown` as the reference does: a number alone is user and group; a name takes its own primary group; a name nobody
 * knows is no error but root, or the user's group. Only without any root file system can names not be looked up at all.
 * @throws InvalidOwnerError
 */
export async function parseOwner(text: string, root: FileSystem, rootless: boolean): Promise<Owner> {
  const colon = text.indexOf(':')
  const user = colon < 0 ? text : text.slice(0, colon)
  const group = colon < 0 ? undefined : text.slice(colon + 1)
  const isName = (part: string | undefined) => part !== undefined && part !== '' && !NUMBER.test(part)
  if (rootless && (isName(user) || isName(group))) throw new InvalidOwnerError(text)

  for (const part of [user, group])
    if (part !== undefined && NUMBER.test(part) && parseId(part) === undefined) throw new InvalidOwnerError(text, `${part} is no id`)
  const users = isName(user) ? await readPasswd(root) : []
  const known = users.find((entry) => entry.name === user)
  const uid = user === '' ? 0 : NUMBER.test(user) ? Number(user) : (known?.uid ?? 0)
  const ownGroup = user === '' ? 0 : NUMBER.test(user) ? uid : (known?.gid ?? 0)
  if (group === undefined || group === '') return { uid, gid: ownGroup }
  if (NUMBER.test(group)) return { uid, gid: Number(group) }
  const found = (await readGroup(root)).find((entry) => entry.name === group)
  return { uid, gid: found?.gid ?? ownGroup }
}

const NUMBER = /^\d+$/
