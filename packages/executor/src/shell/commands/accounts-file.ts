import type { Call } from '../call.js'
import { CommandFailure } from '../failure.js'
import { splitLines } from '../text/lines.js'
import { walk } from '../walk.js'

/** Users and groups: useradd, groupadd, adduser, addgroup (Debian's and busybox's), usermod -aG, userdel, groupdel. */

const days = 86_400_000
const lock = '/etc/.pwd.lock'

export class Accounts {
  private readonly call: Call
  private readonly locks: boolean
  readonly passwd: string[][]
  readonly group: string[][]
  private readonly shadow: string[][] | undefined
  private readonly gshadow: string[][] | undefined

  private constructor(call: Call, files: readonly (string | undefined)[], locks: boolean) {
    this.locks = locks
    const rows = (text: string | undefined) => splitLines(text ?? '').map((line) => line.split(':'))
    this.call = call
    this.passwd = rows(files[0])
    this.group = rows(files[1])
    this.shadow = files[2] === undefined ? undefined : rows(files[2])
    this.gshadow = files[3] === undefined ? undefined : rows(files[3])
  }

  /** `locks`: as the tools of the shadow package do; busybox has none. */
  static async load(call: Call, locks = false): Promise<Accounts> {
    const files: (string | undefined)[] = []
    for (const name of ['passwd', 'group', 'shadow', 'gshadow']) {
      files.push(call.fs.find(`/etc/${name}`) ? await call.read(`/etc/${name}`) : undefined)
    }
    if (call.fs.who.uid !== 0) throw new CommandFailure('Permission denied.')
    return new Accounts(call, files, locks)
  }

  user(name: string): string[] | undefined {
    return this.passwd.find((row) => row[0] === name)
  }

  groupRow(nameOrId: string): string[] | undefined {
    return this.group.find((row) => row[0] === nameOrId) ?? this.group.find((row) => row[2] === nameOrId)
  }

  /** The next free id: after the highest from `from` up, or downward for system accounts. */
  free(rows: readonly string[][], from: number, to: number, downward: boolean): number {
    const used = new Set(rows.map((row) => Number(row[2])))
    if (downward) {
      for (let id = to; id >= from; id--) if (!used.has(id)) return id
    }
    const above = [...used].filter((id) => id >= from && id <= to)
    return above.length === 0 ? from : Math.max(...above) + 1
  }

  addGroup(name: string, gid: number): void {
    this.group.push([name, 'x', String(gid), ''])
    this.gshadow?.push([name, '!', '', ''])
  }

  addUser(name: string, uid: number, gid: number, comment: string, home: string, shell: string): void {
    this.passwd.push([name, this.shadow ? 'x' : '!', String(uid), String(gid), comment, home, shell])
    const today = Math.floor(this.call.process.run.scheduler.now() / days)
    this.shadow?.push([name, '!', String(today), '0', '99999', '7', '', '', ''])
  }

  join(user: string, name: string): void {
    const row = this.groupRow(name)
    if (!row) throw new CommandFailure(`group '${name}' does not exist`, 6)
    for (const rows of [this.group, this.gshadow ?? []]) {
      const entry = rows.find((each) => each[0] === row[0])
      if (!entry) continue
      const members = (entry[3] ?? '').split(',').filter((member) => member !== '')
      if (!members.includes(user)) entry[3] = [...members, user].join(',')
    }
  }

  remove(rows: 'user' | 'group', name: string): void {
    const drop = (list: string[][] | undefined) => {
      const at = list?.findIndex((row) => row[0] === name) ?? -1
      if (at >= 0) list!.splice(at, 1)
    }
    drop(rows === 'user' ? this.passwd : this.group)
    drop(rows === 'user' ? this.shadow : this.gshadow)
    if (rows === 'user') this.leaveAll(name)
  }

  /** Takes a user out of all groups. */
  leaveAll(name: string): void {
    for (const list of [this.group, this.gshadow ?? []])
      for (const row of list)
        if (row[3])
          row[3] = row[3]
            .split(',')
            .filter((member) => member !== name)
            .join(',')
  }

  /** The row that has a user's password. */
  private passwordRow(name: string): string[] | undefined {
    return this.shadow?.find((row) => row[0] === name) ?? this.user(name)
  }

  /** Puts a mark before the password, with which none is right. */
  lock(name: string): void {
    const row = this.passwordRow(name)
    // prefix-ok: the mark of a password
    if (row && !row[1]?.startsWith('!')) row[1] = `!${row[1] ?? ''}`
  }

  /** @returns false where there would be no password then: it stays locked */
  unlock(name: string): boolean {
    const row = this.passwordRow(name)
    if (row?.[1] === '!') return false
    // prefix-ok: the mark of a password
    if (row?.[1]?.startsWith('!')) row[1] = row[1].slice(1)
    return true
  }

  /** Writes a file that changed. What was in it stays beside it, as these tools leave it: `passwd-`, `group-` …, with its mode and time. */
  private async replace(path: string, text: string): Promise<void> {
    const { call } = this
    const stat = call.fs.find(path)
    if (stat) {
      const before = await call.read(path)
      if (before === text) return
      await call.writeFile(`${path}-`, before)
      call.fs.chmod(`${path}-`, stat.mode)
      call.fs.chown(`${path}-`, stat.uid, stat.gid)
      call.fs.utimes(`${path}-`, stat.mtimeNs, { explicit: true })
    }
    await call.writeFile(path, text)
  }

  async save(): Promise<void> {
    // The lock of the C library, which stays: taken when all was looked at, and not by a call that is refused.
    if (this.locks && !this.call.fs.find(lock)) await this.call.writeFile(lock, '', 0o600)
    const text = (rows: string[][]) => rows.map((row) => `${row.join(':')}\n`).join('')
    const files: [string, string[][] | undefined][] = [
      ['passwd', this.passwd],
      ['group', this.group],
      ['shadow', this.shadow],
      ['gshadow', this.gshadow],
    ]
    for (const [name, rows] of files) if (rows) await this.replace(`/etc/${name}`, text(rows))
  }
}

/** Makes a home folder with what /etc/skel has. */
export async function makeHome(call: Call, home: string, uid: number, gid: number, mode: number): Promise<void> {
  const path = call.path(home)
  if (call.fs.find(path)) return
  let parent = ''
  for (const part of home.split('/').slice(1, -1)) {
    parent += `/${part}`
    if (!call.fs.find(parent)) call.fs.mkdir(parent, 0o755)
  }
  call.fs.mkdir(path)
  call.fs.chmod(path, mode)
  if (call.fs.find('/etc/skel')?.type === 'dir') {
    if ((await call.spawn(['cp', '-a', '-T', '/etc/skel', path])) !== 0) call.status = 1
  }
  await walk(
    call,
    path,
    (place) => call.fs.chown(call.path(place), uid, gid, true),
    () => {},
  )
}

export const namePattern = /^[a-z_][a-z0-9_.-]*\$?$/i
