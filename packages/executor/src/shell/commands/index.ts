import type { Command } from './types.js'
import { cat } from './cat.js'
import { chmod } from './chmod.js'
import { chgrp, chown } from './chown.js'
import { cp } from './cp.js'
import { echo } from './echo.js'
import { find } from './find.js'
import { groups, id, whoami } from './id.js'
import { ln } from './ln.js'
import { ls } from './ls.js'
import { mkdir } from './mkdir.js'
import { mv } from './mv.js'
import { printf } from './printf.js'
import { basenameCommand, dirnameCommand, readlink, realpath } from './realpath.js'
import { rm } from './rm.js'
import { rmdir } from './rmdir.js'
import * as simple from './simple.js'
import { stat } from './stat.js'
import { test } from './test.js'
import { touch } from './touch.js'

/** The programs of the pack, by name. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['[', test],
  ['arch', simple.arch],
  ['basename', basenameCommand],
  ['cat', cat],
  ['chgrp', chgrp],
  ['chmod', chmod],
  ['chown', chown],
  ['cp', cp],
  ['dirname', dirnameCommand],
  ['echo', echo],
  ['false', simple.falseCommand],
  ['find', find],
  ['groups', groups],
  ['hostname', simple.hostname],
  ['id', id],
  ['link', simple.link],
  ['ln', ln],
  ['ls', ls],
  ['mkdir', mkdir],
  ['mkfifo', simple.mkfifo],
  ['mknod', simple.mknod],
  ['mv', mv],
  ['nproc', simple.nproc],
  ['printenv', simple.printenv],
  ['printf', printf],
  ['pwd', simple.pwdCommand],
  ['readlink', readlink],
  ['realpath', realpath],
  ['rm', rm],
  ['rmdir', rmdir],
  ['sleep', simple.sleep],
  ['stat', stat],
  ['sync', simple.sync],
  ['test', test],
  ['touch', touch],
  ['true', simple.trueCommand],
  ['tty', simple.tty],
  ['uname', simple.uname],
  ['unlink', simple.unlink],
  ['whoami', whoami],
  ['yes', simple.yes],
])

export function findCommand(name: string): Command | undefined {
  return commands.get(name)
}

/** Names of all programs that the pack simulates, sorted. */
export const commandNames: readonly string[] = [...commands.keys()].sort()
