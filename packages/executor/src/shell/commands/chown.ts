import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { Owners } from '../text/owners.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

interface Target {
  readonly uid: number
  readonly gid: number
}

async function owner(call: Call, spec: string): Promise<Target> {
  const owners = await Owners.load(call)
  const separator = spec.includes(':') ? ':' : owners.uid(spec) === undefined && spec.includes('.') ? '.' : undefined
  const at = separator === undefined ? -1 : spec.indexOf(separator)
  const user = at === -1 ? spec : spec.slice(0, at)
  const group = at === -1 ? undefined : spec.slice(at + 1)
  const uid = user === '' ? -1 : owners.uid(user)
  if (uid === undefined) throw new CommandFailure(`invalid user: '${spec}'`)
  if (group === undefined) return { uid, gid: -1 }
  // `user:` means the user's login group.
  if (group === '') {
    const login = uid === -1 ? -1 : owners.loginGroup(uid)
    if (login === undefined) throw new CommandFailure(`invalid spec: '${spec}'`)
    return { uid, gid: login }
  }
  const gid = owners.gid(group)
  if (gid === undefined) throw new CommandFailure(`invalid group: '${spec}'`)
  return { uid, gid }
}

async function group(call: Call, spec: string): Promise<Target> {
  const gid = spec === '' ? -1 : (await Owners.load(call)).gid(spec)
  if (gid === undefined) throw new CommandFailure(`invalid group: '${spec}'`)
  return { uid: -1, gid }
}

const changer =
  (what: 'ownership' | 'group', read: (call: Call, spec: string) => Promise<Target>): Command =>
  async (call) => {
    const options = parseOptions(call, 'RcfhvHLP', {
      recursive: 'R',
      changes: 'c',
      silent: 'f',
      quiet: 'f',
      'no-dereference': 'h',
      dereference: 'd',
      verbose: 'v',
      reference: 'ref:',
      from: 'from:',
      'preserve-root': 'p',
      'no-preserve-root': 'np',
    })
    const operands = [...options.operands]
    const reference = options.value('ref')
    const spec = reference === undefined ? operands.shift() : undefined
    if (spec === undefined && reference === undefined) throw new CommandFailure('missing operand')
    if (operands.length === 0) throw new CommandFailure(`missing operand after '${spec}'`)
    const target = spec === undefined ? call.fs.stat(call.path(reference!)) : await read(call, spec)
    const owners = await Owners.load(call)
    const onlyFrom = options.value('from') === undefined ? undefined : await owner(call, options.value('from')!)
    for (const operand of operands) {
      if (!options.has('R')) {
        change(operand, options.has('h'))
        continue
      }
      await walk(
        call,
        operand,
        (place, stat) => {
          change(place, stat.type === 'symlink' && !options.has('L'))
        },
        (place, error) => call.fail(`cannot access '${place}': ${strerror(error)}`),
        { followRoot: options.has('H', 'L'), followAll: options.has('L') },
      )
    }

    function change(place: string, nofollow: boolean): void {
      try {
        const path = call.path(place)
        const stat = nofollow ? call.fs.lstat(path) : call.fs.stat(path)
        if (onlyFrom && ((onlyFrom.uid >= 0 && onlyFrom.uid !== stat.uid) || (onlyFrom.gid >= 0 && onlyFrom.gid !== stat.gid))) return
        call.fs.chown(path, target.uid, what === 'group' ? target.gid : target.gid, nofollow)
        if (options.has('v', 'c')) call.out(described(owners, what, place, stat, target, options.has('v')))
      } catch (error) {
        if (options.has('f')) call.status = 1
        else if (!call.fs.find(call.path(place), !nofollow))
          call.fail(
            call.fs.find(call.path(place), false)
              ? `cannot dereference '${place}': ${strerror(error)}`
              : `cannot access '${place}': ${strerror(error)}`,
          )
        else call.fail(`changing ${what} of '${place}': ${strerror(error)}`)
      }
    }
  }

/** What `-v` says of every file, and `-c` of those that changed. */
function described(
  owners: Owners,
  what: 'ownership' | 'group',
  place: string,
  before: { readonly uid: number; readonly gid: number },
  after: { readonly uid: number; readonly gid: number },
  all: boolean,
): string {
  const user = (uid: number) => owners.userName(uid) ?? String(uid)
  const group = (gid: number) => owners.groupName(gid) ?? String(gid)
  const show = ({ uid, gid }: { readonly uid: number; readonly gid: number }) => {
    if (what === 'group') return group(gid)
    return after.uid >= 0 && after.gid >= 0 ? `${user(uid)}:${group(gid)}` : after.uid >= 0 ? user(uid) : `:${group(gid)}`
  }
  const result = { uid: after.uid >= 0 ? after.uid : before.uid, gid: after.gid >= 0 ? after.gid : before.gid }
  const changed = result.uid !== before.uid || result.gid !== before.gid
  if (changed) return `changed ${what} of '${place}' from ${show(before)} to ${show(result)}\n`
  return all ? `${what} of '${place}' retained as ${show(result)}\n` : ''
}

export const chown: Command = changer('ownership', owner)
export const chgrp: Command = changer('group', group)
