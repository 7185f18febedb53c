import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { toBytes } from '../system/bytes.js'
import { splitLines } from '../text/lines.js'
import { Accounts, makeHome, namePattern } from './accounts-file.js'
import type { Command } from './types.js'

export const groupadd: Command = async (call) => {
  const options = parseOptions(call, 'fg:orp:K:', { force: 'f', gid: 'g:', 'non-unique': 'o', system: 'r' }, 2)
  const [name] = options.operands
  if (name === undefined || !namePattern.test(name))
    throw new CommandFailure(
      name === undefined ? 'usage: groupadd [options] GROUP' : `'${name}' is not a valid group name`,
      name === undefined ? 2 : 3,
    )
  const accounts = await Accounts.load(call, true)
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
  const options = parseOptions(
    call,
    'b:c:d:De:f:g:G:k:K:lmMNop:rs:u:U',
    {
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
    },
    2,
  )
  const [name] = options.operands
  if (name === undefined) throw new CommandFailure('usage: useradd [options] LOGIN', 2)
  if (!namePattern.test(name)) throw new CommandFailure(`invalid user name '${name}'`, 3)
  const accounts = await Accounts.load(call, true)
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

const usermodUsage = (message = ''): CommandFailure =>
  new CommandFailure(`${message === '' ? '' : `${message}\nusermod: `}usage: usermod [options] LOGIN`, 2)

export const usermod: Command = async (call) => {
  const options = parseOptions(
    call,
    'ac:d:g:G:l:Lmos:u:U',
    {
      append: 'a',
      comment: 'c:',
      home: 'd:',
      gid: 'g:',
      groups: 'G:',
      login: 'l:',
      lock: 'L',
      'move-home': 'm',
      'non-unique': 'o',
      shell: 's:',
      uid: 'u:',
      unlock: 'U',
    },
    2,
  )
  if (options.has('l', 'm')) throw new NotSimulated('-l and -m are not simulated')
  const [comment, home, shell, uid, group, groups] = ['c', 'd', 's', 'u', 'g', 'G'].map((letter) => options.value(letter))
  const accounts = await Accounts.load(call, true)
  const rowOf = (name: string) => {
    const found = accounts.groupRow(name)
    if (!found) throw new CommandFailure(`group '${name}' does not exist`, 6)
    return found
  }
  if (comment?.includes(':')) throw new CommandFailure(`invalid field '${comment}'`, 3)
  if (home !== undefined && !home.startsWith('/')) throw new CommandFailure('homedir must be an absolute path', 3) // prefix-ok: the root
  const gid = group === undefined ? undefined : rowOf(group)[2]!
  const joined = groups?.split(',').filter((part) => part !== '')
  for (const each of joined ?? []) rowOf(each)
  if (shell !== undefined && shell !== '' && !shell.startsWith('/')) throw new CommandFailure(`invalid shell '${shell}'`, 3) // prefix-ok: the root
  if (uid !== undefined && !(/^[0-9]+$/.test(uid) && Number(uid) < 2 ** 32 - 1)) throw new CommandFailure(`invalid user ID '${uid}'`, 3)
  const [name] = options.operands
  if (name === undefined || options.operands.length > 1) throw usermodUsage()
  const row = accounts.user(name)
  if (!row) throw new CommandFailure(`user '${name}' does not exist`, 6)
  if (options.has('a') && groups === undefined) throw usermodUsage('-a flag is only allowed with the -G flag')
  if (options.has('L') && options.has('U')) throw usermodUsage('the -L, -p, and -U flags are exclusive')
  if (options.has('o') && uid === undefined) throw usermodUsage('-o flag is only allowed with the -u flag')
  const wanted = new Map([[2, uid], [3, gid], [4, comment], [5, home], [6, shell]] as const) // biome-ignore format: a table
  const given = [...wanted].filter((each): each is [2 | 3 | 4 | 5 | 6, string] => each[1] !== undefined)
  const others = groups !== undefined || options.has('L', 'U')
  if (given.length === 0 && !others) throw usermodUsage('no options')
  const changes = given.filter(([at, value]) => (row[at] ?? '') !== value)
  if (changes.length === 0 && !others) {
    call.err('no changes')
    return 0
  }
  const taken = changes.some(([at, value]) => at === 2 && accounts.passwd.some((other) => other !== row && other[2] === value))
  if (taken && !options.has('o')) throw new CommandFailure(`UID '${uid}' already exists`, 4)
  for (const [at, value] of changes) row[at] = value
  if (options.has('L')) accounts.lock(name)
  if (options.has('U') && !accounts.unlock(name)) {
    call.err("unlocking the user's password would result in a passwordless account.")
    await call.write(toBytes("You should set a password with usermod -p to unlock this user's password.\n"), 2)
  }
  if (joined) {
    if (!options.has('a')) accounts.leaveAll(name)
    for (const each of joined) accounts.join(name, each)
  }
  await accounts.save()
}

export const userdel: Command = async (call) => {
  const options = parseOptions(call, 'frZ', { force: 'f', remove: 'r', 'remove-home': 'r', system: 's' })
  const [name = ''] = options.operands
  const accounts = await Accounts.load(call, true)
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
  const accounts = await Accounts.load(call, true)
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
