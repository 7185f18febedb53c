import { UnknownUserError } from '../../errors.js'
import { lookupUser } from '../../users.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { toName } from '../system/bytes.js'
import { inherited } from '../system/traced-env.js'
import type { Command } from './types.js'

/** `su [-] [USER] -c COMMAND`, `su-exec USER[:GROUP] COMMAND…`: another user, which only root may become without a password. */
export const su: Command = async (call) => {
  const login = call.args.includes('-')
  const options = parseOptions({ args: call.args.filter((arg) => arg !== '-'), name: call.name }, '+c:g:G:lmps:', {
    command: 'c:',
    login: 'l',
    shell: 's:',
    'preserve-environment': 'm',
    group: 'g:',
  })
  const trailing = options.operands.indexOf('-c')
  const user = options.operands[0] ?? 'root'
  const command = options.value('c') ?? (trailing > 0 ? options.operands[trailing + 1] : undefined)
  const identity = await become(user)
  if (command === undefined) throw new NotSimulated('an interactive shell is not simulated; use -c COMMAND')
  const env = new Map(inherited(call.process.env))
  if (!options.has('m', 'p')) {
    env.set('HOME', identity.home)
    env.set('USER', user)
    env.set('LOGNAME', user)
    env.set('SHELL', options.value('s') ?? '/bin/sh')
  }
  const cwd = login || options.has('l') ? identity.home : call.process.cwd
  return call.spawn([options.value('s') ?? '/bin/sh', '-c', command], { fs: call.fs.fork(identity), env, cwd })

  async function become(name: string) {
    if (call.fs.who.uid !== 0) throw new CommandFailure('Authentication failure')
    try {
      return await lookupUser(call.fs.shared.tree, toName(name))
    } catch (error) {
      if (!(error instanceof UnknownUserError)) throw error
      throw new CommandFailure(`user ${name} does not exist or the user entry does not contain all the required fields`)
    }
  }
}

export const suExec: Command = async (call) => {
  const [user, ...argv] = call.args
  if (user === undefined || argv.length === 0) throw new CommandFailure('usage: USER[:GROUP] COMMAND [ARG…]')
  if (call.fs.who.uid !== 0) throw new CommandFailure('operation not permitted')
  const identity = await lookupUser(call.fs.shared.tree, toName(user))
  return call.spawn(argv, { fs: call.fs.fork(identity), env: new Map([...inherited(call.process.env), ['HOME', identity.home]]) })
}
