import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { Owners } from '../text/owners.js'
import type { Command } from './types.js'

export const id: Command = async (call) => {
  const options = parseOptions(call, 'agGnruzZ', { group: 'g', groups: 'G', name: 'n', real: 'r', user: 'u', zero: 'z' })
  const owners = await Owners.load(call)
  let { uid, gid } = call.fs.who
  let groups = [gid, ...call.fs.who.groups.filter((each) => each !== gid)]
  const [name] = options.operands
  if (name !== undefined) {
    const known = owners.uid(name)
    if (known === undefined || owners.loginGroup(known) === undefined) throw new CommandFailure(`'${name}': no such user`)
    uid = known
    gid = owners.loginGroup(uid)!
    groups = [...new Set([gid, ...owners.memberships(owners.userName(uid)!)])]
  }
  const user = (value: number) => (options.has('n') ? (owners.userName(value) ?? String(value)) : String(value))
  const group = (value: number) => (options.has('n') ? (owners.groupName(value) ?? String(value)) : String(value))
  if (options.has('u')) call.out(`${user(uid)}\n`)
  else if (options.has('g')) call.out(`${group(gid)}\n`)
  else if (options.has('G')) call.out(`${groups.map(group).join(' ')}\n`)
  else {
    const label = (value: number, text: string | undefined) => (text === undefined ? String(value) : `${value}(${text})`)
    const all = groups.map((each) => label(each, owners.groupName(each))).join(',')
    call.out(`uid=${label(uid, owners.userName(uid))} gid=${label(gid, owners.groupName(gid))} groups=${all}\n`)
  }
}

export const whoami: Command = async (call) => {
  const { uid } = call.fs.who
  const name = (await Owners.load(call)).userName(uid)
  if (name === undefined) throw new CommandFailure(`cannot find name for user ID ${uid}`)
  call.out(`${name}\n`)
}

export const groups: Command = async (call) => {
  const owners = await Owners.load(call)
  const show = (ids: number[]) => ids.map((each) => owners.groupName(each) ?? String(each)).join(' ')
  if (call.args.length === 0) call.out(`${show([call.fs.who.gid, ...call.fs.who.groups])}\n`)
  for (const name of call.args) {
    const uid = owners.uid(name)
    const gid = uid === undefined ? undefined : owners.loginGroup(uid)
    if (gid === undefined) call.fail(`'${name}': no such user`)
    else call.out(`${name} : ${show([...new Set([gid, ...owners.memberships(name)])])}\n`)
  }
}
