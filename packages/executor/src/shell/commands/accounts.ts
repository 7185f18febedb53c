import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { splitLines } from '../text/lines.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

/** Users and groups: useradd, groupadd, adduser, addgroup (Debian's and busybox's), usermod -aG, userdel, groupdel. */

const days = 86_400_000

class Accounts {
  private readonly call: Call
  readonly passwd: string[][]
  readonly group: string[][]
  private readonly shadow: string[][] | undefined
  private readonly gshadow: string[][] | undefined

  private constructor(call: Call, files: readonly (string | undefined)[]) {
    const rows = (text: string | undefined) => splitLines(text ?? '').map((line) => line.split(':'))
    this.call = call
    this.passwd = rows(files[0])
    this.group = rows(files[1])
    this.shadow = files[2] === undefined ? undefined : rows(files[2])
    this.gshadow = files[3] === undefined ? undefined : rows(files[3])
  }

  static async load(call: Call): Promise<Accounts> {
    const files: (string | undefined)[] = []
    for (const name of ['passwd', 'group', 'shadow', 'gshadow']) {
      files.push(call.fs.find(`/etc/${name}`) ? await call.read(`/etc/${name}`) : undefined)
    }
    if (call.fs.who.uid !== 0) throw new CommandFailure('Permission denied.')
    return new Accounts(call, files)
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
    this.passwd.push([name, 'x', String(uid), String(gid), comment, home, shell])
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
    if (rows === 'user') {
      for (const list of [this.group, this.gshadow ?? []])
        for (const row of list)
          if (row[3])
            row[3] = row[3]
              .split(',')
              .filter((member) => member !== name)
              .join(',')
    }
  }

  async save(): Promise<void> {
    const text = (rows: string[][]) => rows.map((row) => `${row.join(':')}\n`).join('')
    const files: [string, string[][] | undefined][] = [
      ['passwd', this.passwd],
      ['group', this.group],
      ['shadow', this.shadow],
      ['gshadow', this.gshadow],
    ]
    for (const [name, rows] of files) if (rows) await this.call.writeFile(`/etc/${name}`, text(rows))
  }
}

/** Makes a home folder with what /etc/skel has. */
async function makeHome(call: Call, home: string, uid: number, gid: number, mode: number): Promise<void> {
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

const namePattern = /^[a-z_][a-z0-9_.-]*\$?$/i

export const groupadd: Command = async (call) => {
  const options = parseOptions(call, 'fg:orp:K:', { force: 'f', gid: 'g:', 'non-unique': 'o', system: 'r' })
  const [name] = options.operands
  if (name === undefined || !namePattern.test(name))
    throw new CommandFailure(
      name === undefined ? 'usage: groupadd [options] GROUP' : `'${name}' is not a valid group name`,
      name === undefined ? 2 : 3,
    )
  const accounts = await Accounts.load(call)
  if (accounts.group.some((row) => row[0] === name)) {
    if (options.has('f')) return 0
    throw new CommandFailure(`group '${name}' already exists`, 9)
  }
  const wanted = options.value('g')
  if (wanted !== undefined && !options.has('o') && accounts.group.some((row) => row[2] === wanted))
    throw new CommandFailure(`GID '${wanted}' already exists`, 4)
  const system = options.has('r')
  accounts.addGroup(
    name,
    wanted === undefined ? accounts.free(accounts.group, system ? 100 : 1000, system ? 999 : 60000, system) : Number(wanted),
  )
  await accounts.save()
}

export const useradd: Command = async (call) => {
  const options = parseOptions(call, 'b:c:d:De:f:g:G:k:K:lmMNop:rs:u:U', {
    'base-dir': 'b:',
    comment: 'c:',
    'home-dir': 'd:',
    gid: 'g:',
    groups: 'G:',
    'create-home': 'm',
    'no-create-home': 'M',
    'no-user-group': 'N',
    'non-unique': 'o',
    password: 'p:',
    system: 'r',
    shell: 's:',
    uid: 'u:',
    'user-group': 'U',
    'no-log-init': 'l',
    expiredate: 'e:',
    inactive: 'f:',
    skel: 'k:',
    key: 'K:',
  })
  const [name] = options.operands
  if (name === undefined) throw new CommandFailure('usage: useradd [options] LOGIN', 2)
  if (!namePattern.test(name)) throw new CommandFailure(`invalid user name '${name}'`, 3)
  const accounts = await Accounts.load(call)
  if (accounts.user(name)) throw new CommandFailure(`user '${name}' already exists`, 9)
  const system = options.has('r')
  const wanted = options.value('u')
  if (wanted !== undefined && !options.has('o') && accounts.passwd.some((row) => row[2] === wanted))
    throw new CommandFailure(`UID ${wanted} is not unique`, 4)
  const uid = wanted === undefined ? accounts.free(accounts.passwd, system ? 100 : 1000, system ? 999 : 60000, system) : Number(wanted)
  let gid: number
  const given = options.value('g')
  if (given !== undefined) {
    const row = accounts.groupRow(given)
    if (!row) throw new CommandFailure(`group '${given}' does not exist`, 6)
    gid = Number(row[2])
  } else if (options.has('N')) gid = 100
  else {
    if (accounts.group.some((row) => row[0] === name))
      throw new CommandFailure(`group ${name} exists - if you want to add this user to that group, use -g.`, 9)
    // A group of its own: with the same number where that is free.
    gid = accounts.group.some((row) => row[2] === String(uid))
      ? accounts.free(accounts.group, system ? 100 : 1000, system ? 999 : 60000, system)
      : uid
    accounts.addGroup(name, gid)
  }
  const home = options.value('d') ?? `${options.value('b') ?? '/home'}/${name}`
  accounts.addUser(name, uid, gid, options.value('c') ?? '', home, options.value('s') ?? '/bin/sh')
  for (const group of (options.value('G') ?? '').split(',').filter((each) => each !== '')) accounts.join(name, group)
  await accounts.save()
  if (options.has('m')) await makeHome(call, home, uid, gid, 0o755)
}

/** busybox: `adduser -D -u UID -G GROUP -h HOME -s SHELL -S -H NAME [GROUP]`; Debian: `adduser --system --group --uid …`. */
export const adduser: Command = async (call) => {
  const options = parseOptions(call, 'DHSh:g:s:G:u:k:', {
    system: 'S',
    group: 'group',
    home: 'h:',
    shell: 's:',
    uid: 'u:',
    gid: 'gid:',
    ingroup: 'G:',
    'disabled-password': 'D',
    'disabled-login': 'D',
    'no-create-home': 'H',
    gecos: 'g:',
    comment: 'g:',
    quiet: 'quiet',
    'allow-bad-names': 'bad',
    firstuid: 'first:',
    lastuid: 'last:',
    debug: 'debug',
  })
  const [name, group] = options.operands
  if (name === undefined) throw new CommandFailure('usage: adduser [OPTIONS] USER [GROUP]', 1)
  const accounts = await Accounts.load(call)
  if (group !== undefined) {
    if (!accounts.user(name)) throw new CommandFailure(`unknown user ${name}`)
    accounts.join(name, group)
    await accounts.save()
    return
  }
  if (accounts.user(name)) throw new CommandFailure(`user '${name}' in use`)
  const busybox = !call.args.some((arg) => arg.startsWith('--')) || call.process.argv.includes('-D')
  const system = options.has('S')
  const wanted = options.value('u')
  if (wanted !== undefined && accounts.passwd.some((row) => row[2] === wanted)) throw new CommandFailure(`uid '${wanted}' in use`)
  const uid = wanted === undefined ? accounts.free(accounts.passwd, system ? 100 : 1000, system ? 999 : 60000, false) : Number(wanted)
  const inGroup = options.value('G') ?? options.value('gid')
  let gid: number
  if (inGroup !== undefined) {
    const row = accounts.groupRow(inGroup)
    if (!row) throw new CommandFailure(`unknown group ${inGroup}`)
    gid = Number(row[2])
    if (busybox && options.has('G')) accounts.join(name, inGroup)
  } else if (system && !options.has('group')) gid = 65534
  else {
    const taken = accounts.group.some((row) => row[2] === String(uid))
    gid = taken ? accounts.free(accounts.group, system ? 100 : 1000, system ? 999 : 60000, false) : uid
    if (!accounts.group.some((row) => row[0] === name)) accounts.addGroup(name, gid)
  }
  const home = options.value('h') ?? (system && !busybox ? '/nonexistent' : `/home/${name}`)
  const shell = options.value('s') ?? (system ? (busybox ? '/bin/false' : '/usr/sbin/nologin') : busybox ? '/bin/sh' : '/bin/bash')
  accounts.addUser(name, uid, gid, options.value('g') ?? (busybox ? 'Linux User,,,' : ''), home, shell)
  await accounts.save()
  if (!options.has('H') && home !== '/nonexistent' && home !== '/dev/null') await makeHome(call, home, uid, gid, busybox ? 0o2755 : 0o755)
}

export const addgroup: Command = async (call) => {
  const options = parseOptions(call, 'g:S', { gid: 'g:', system: 'S', quiet: 'quiet' })
  const [first, second] = options.operands
  if (first === undefined) throw new CommandFailure('usage: addgroup [-g GID] [-S] [USER] GROUP')
  const accounts = await Accounts.load(call)
  if (second !== undefined) {
    if (!accounts.user(first)) throw new CommandFailure(`unknown user ${first}`)
    accounts.join(first, second)
  } else {
    if (accounts.group.some((row) => row[0] === first)) throw new CommandFailure(`group '${first}' in use`)
    const system = options.has('S')
    const wanted = options.value('g')
    if (wanted !== undefined && accounts.group.some((row) => row[2] === wanted)) throw new CommandFailure(`gid '${wanted}' in use`)
    accounts.addGroup(
      first,
      wanted === undefined ? accounts.free(accounts.group, system ? 100 : 1000, system ? 999 : 60000, false) : Number(wanted),
    )
  }
  await accounts.save()
}

export const usermod: Command = async (call) => {
  const options = parseOptions(call, 'ac:d:g:G:l:Lms:u:U', {
    append: 'a',
    comment: 'c:',
    home: 'd:',
    gid: 'g:',
    groups: 'G:',
    login: 'l:',
    lock: 'L',
    'move-home': 'm',
    shell: 's:',
    uid: 'u:',
    unlock: 'U',
  })
  if (options.has('l', 'm')) throw new CommandFailure('-l and -m are not simulated')
  const [name = ''] = options.operands
  const accounts = await Accounts.load(call)
  const row = accounts.user(name)
  if (!row) throw new CommandFailure(`user '${name}' does not exist`, 6)
  const set = (at: number, value: string | undefined) => {
    if (value !== undefined) row[at] = value
  }
  set(4, options.value('c'))
  set(5, options.value('d'))
  set(6, options.value('s'))
  set(2, options.value('u'))
  const group = options.value('g')
  if (group !== undefined) {
    const found = accounts.groupRow(group)
    if (!found) throw new CommandFailure(`group '${group}' does not exist`, 6)
    row[3] = found[2]!
  }
  const groups = options.value('G')
  if (groups !== undefined) {
    if (!options.has('a'))
      for (const each of accounts.group)
        if (each[3])
          each[3] = each[3]
            .split(',')
            .filter((member) => member !== name)
            .join(',')
    for (const each of groups.split(',').filter((part) => part !== '')) accounts.join(name, each)
  }
  await accounts.save()
}

export const userdel: Command = async (call) => {
  const options = parseOptions(call, 'frZ', { force: 'f', remove: 'r', 'remove-home': 'r', system: 's' })
  const [name = ''] = options.operands
  const accounts = await Accounts.load(call)
  const row = accounts.user(name)
  if (!row) throw new CommandFailure(`user '${name}' does not exist`, 6)
  accounts.remove('user', name)
  const own = accounts.group.find((each) => each[0] === name && each[2] === row[3] && !each[3])
  if (own) accounts.remove('group', name)
  await accounts.save()
  if (options.has('r') && row[5] && call.fs.find(row[5])) return call.spawn(['rm', '-rf', '--', row[5]])
}

export const groupdel: Command = async (call) => {
  const [name = ''] = parseOptions(call, 'f').operands
  const accounts = await Accounts.load(call)
  if (!accounts.group.some((row) => row[0] === name)) throw new CommandFailure(`group '${name}' does not exist`, 6)
  accounts.remove('group', name)
  await accounts.save()
}

/** `getent passwd|group [KEY…]`, from the tree's files. */
export const getent: Command = async (call) => {
  const [database, ...keys] = call.args
  if (database !== 'passwd' && database !== 'group' && database !== 'hosts') throw new CommandFailure(`Unknown database: ${database}`, 1)
  const rows = splitLines(call.fs.find(`/etc/${database}`) ? await call.read(`/etc/${database}`) : '')
  if (keys.length === 0) for (const row of rows) call.out(`${row}\n`)
  for (const key of keys) {
    const found = rows.find((row) =>
      database === 'hosts' ? row.split(/\s+/).includes(key) : row.split(':')[0] === key || row.split(':')[2] === key,
    )
    if (found === undefined) call.status = 2
    else call.out(`${found}\n`)
  }
}
