import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { Accounts, makeHome } from './accounts-file.js'
import type { Command } from './types.js'

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
