import type { FileSystem } from '@layerwright/vfs'
import { AccountFileTooLargeError, InvalidUserError, UnknownUserError } from './errors.js'
import { defaultLimits } from './limits.js'

export interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

export interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Who a command runs as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups; empty when USER has a group part (SEMANTICS 32). */
  readonly groups: readonly number[]
  readonly home: string
}

/** The highest id: 2^32-1 means "unchanged" to chown (S17). */
const highestId = 4294967294

/** A decimal id from 0 to 2^32-2, else undefined. */
export function parseId(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined
  const id = Number(text)
  return id <= highestId ? id : undefined
}

/**
 * Text of an account file in the tree; '' where there is none. Links are followed inside the tree; anything but a regular
 * file counts as absent (a fifo would hang, S16).
 * @throws AccountFileTooLargeError above `limit` bytes: half a file could give half a number
 */
async function accountFile(fs: FileSystem, path: string, limit: number): Promise<string> {
  if (!fs.exists(path)) return ''
  const stat = fs.stat(path)
  if (stat.type !== 'file') return ''
  if (stat.size > limit) throw new AccountFileTooLargeError(path, stat.size, limit)
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of fs.open(path).stream()) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

function rows(text: string, fields: number): string[][] {
  const all = text.split('\n').map((line) => line.trim())
  return all
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
    .filter((row) => row.length >= fields)
}

/** Entries of the tree's /etc/passwd, in order; malformed lines are passed over, as libc does. */
export async function readPasswd(fs: FileSystem, limit: number = defaultLimits.userFileBytes): Promise<PasswdEntry[]> {
  const entries: PasswdEntry[] = []
  for (const [name = '', , uidText = '', gidText = '', , home = '', shell = ''] of rows(await accountFile(fs, '/etc/passwd', limit), 4)) {
    const uid = parseId(uidText)
    const gid = parseId(gidText)
    if (name !== '' && uid !== undefined && gid !== undefined) entries.push({ name, uid, gid, home, shell })
  }
  return entries
}

/** Entries of the tree's /etc/group, in order. */
export async function readGroup(fs: FileSystem, limit: number = defaultLimits.userFileBytes): Promise<GroupEntry[]> {
  const entries: GroupEntry[] = []
  for (const [name = '', , gidText = '', members = ''] of rows(await accountFile(fs, '/etc/group', limit), 3)) {
    const gid = parseId(gidText)
    if (name !== '' && gid !== undefined) entries.push({ name, gid, members: members.split(',').filter((member) => member !== '') })
  }
  return entries
}

/**
 * Who `user[:group]` is, by the tree's own account files.
 * An id without a passwd entry is fine (group 0, home `/`); a name without one is not.
 * @throws UnknownUserError a name that is not there.
 * @throws InvalidUserError an id above 2^32-2.
 * @throws AccountFileTooLargeError
 */
export async function lookupUser(fs: FileSystem, user: string): Promise<Identity> {
  const colon = user.indexOf(':')
  const userPart = colon === -1 ? user : user.slice(0, colon)
  const groupPart = colon === -1 ? '' : user.slice(colon + 1)
  const passwd = await readPasswd(fs)
  const group = await readGroup(fs)
  const numeric = parseId(userPart)
  if (/^[0-9]+$/.test(userPart) && numeric === undefined) throw new InvalidUserError(userPart)
  const wanted = userPart === '' ? 'root' : userPart
  // A name that is all digits wins over the id, as the runtimes look it up.
  let entry = passwd.find((each) => each.name === wanted)
  if (!entry && (numeric !== undefined || userPart === '')) entry = passwd.find((each) => each.uid === (numeric ?? 0))
  if (!entry && numeric === undefined && userPart !== '' && userPart !== 'root') throw new UnknownUserError(userPart, 'passwd')
  const uid = entry?.uid ?? numeric ?? 0
  const home = entry?.home || '/'
  if (groupPart === '') {
    const gid = entry?.gid ?? 0
    const groups = entry ? group.filter((each) => each.members.includes(entry.name)).map((each) => each.gid) : []
    return { uid, gid, groups: [...new Set(groups)], home }
  }
  const groupEntry = group.find((each) => each.name === groupPart)
  const gid = groupEntry?.gid ?? parseId(groupPart)
  if (gid === undefined) {
    if (/^[0-9]+$/.test(groupPart)) throw new InvalidUserError(groupPart)
    throw new UnknownUserError(groupPart, 'group')
  }
  return { uid, gid, groups: [], home }
}
