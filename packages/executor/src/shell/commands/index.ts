import * as adduser from './adduser.js'
import { awk } from './awk.js'
import { bc } from './bc.js'
import * as borrowed from './borrowed.js'
import { cat } from './cat.js'
import { chmod } from './chmod.js'
import { chgrp, chown } from './chown.js'
import * as columns from './columns.js'
import { cp } from './cp.js'
import { csplit } from './csplit.js'
import { date } from './date.js'
import { dd } from './dd.js'
import { diff } from './diff.js'
import { du } from './du.js'
import * as dumps from './dumps.js'
import { echo } from './echo.js'
import { envsubst } from './envsubst.js'
import { expr } from './expr.js'
import { find } from './find.js'
import { getopt } from './getopt.js'
import { grep } from './grep.js'
import { gzip } from './gzip.js'
import { head, tail } from './head-tail.js'
import { groups, id, whoami } from './id.js'
import { install } from './install.js'
import * as lines from './lines.js'
import { ln } from './ln.js'
import { ls } from './ls.js'
import { mkdir } from './mkdir.js'
import { mv } from './mv.js'
import * as numbers from './numbers.js'
import { patch } from './patch.js'
import { printf } from './printf.js'
import { basenameCommand, dirnameCommand, readlink, realpath } from './realpath.js'
import { rm } from './rm.js'
import { rmdir } from './rmdir.js'
import * as others from './run-others.js'
import { sed } from './sed.js'
import * as simple from './simple.js'
import * as small from './small-files.js'
import { sort } from './sort.js'
import { stat } from './stat.js'
import { su, suExec } from './su.js'
import * as sums from './sums.js'
import { tar } from './tar.js'
import { test } from './test.js'
import { touch } from './touch.js'
import { tr } from './tr.js'
import { tsort } from './tsort.js'
import type { Command } from './types.js'
import * as useradd from './useradd.js'
import { wc } from './wc.js'

/** The programs of the pack, by name. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['[', test],
  ['addgroup', adduser.addgroup],
  ['adduser', adduser.adduser],
  ['arch', simple.arch],
  ['awk', awk],
  ['base32', dumps.base32],
  ['base64', dumps.base64],
  ['basename', basenameCommand],
  ['busybox', others.busybox],
  ['cat', cat],
  ['gosu', suExec],
  ['su-exec', suExec],
  ['su', su],
  ['diff', diff],
  ['bc', bc],
  ['chgrp', chgrp],
  ['chmod', chmod],
  ['chown', chown],
  ['chroot', others.chroot],
  ['cksum', sums.cksum],
  ['cmp', small.cmp],
  ['column', borrowed.column],
  ['comm', columns.comm],
  ['cp', cp],
  ['csplit', csplit],
  ['cut', columns.cut],
  ['date', date],
  ['dd', dd],
  ['delgroup', useradd.groupdel],
  ['deluser', useradd.userdel],
  ['dirname', dirnameCommand],
  ['du', du],
  ['echo', echo],
  ['egrep', grep],
  ['env', others.env],
  ['envsubst', envsubst],
  ['expand', borrowed.expand],
  ['expr', expr],
  ['factor', numbers.factor],
  ['false', simple.falseCommand],
  ['fgrep', grep],
  ['find', find],
  ['fold', lines.fold],
  ['gawk', awk],
  ['getent', useradd.getent],
  ['getopt', getopt],
  ['grep', grep],
  ['groupadd', useradd.groupadd],
  ['groupdel', useradd.groupdel],
  ['groups', groups],
  ['gunzip', gzip],
  ['gzip', gzip],
  ['hd', dumps.hexdump],
  ['head', head],
  ['hexdump', dumps.hexdump],
  ['hostname', simple.hostname],
  ['id', id],
  ['install', install],
  ['ionice', others.ionice],
  ['join', columns.join],
  ['jq', borrowed.jq],
  ['link', simple.link],
  ['ln', ln],
  ['logname', simple.logname],
  ['ls', ls],
  ['mawk', awk],
  ['md5sum', sums.md5sum],
  ['mkdir', mkdir],
  ['mkfifo', simple.mkfifo],
  ['mknod', simple.mknod],
  ['mktemp', small.mktemp],
  ['mv', mv],
  ['nice', others.nice],
  ['nl', lines.nl],
  ['nohup', others.nohup],
  ['nproc', simple.nproc],
  ['od', dumps.od],
  ['paste', columns.paste],
  ['patch', patch],
  ['printenv', simple.printenv],
  ['printf', printf],
  ['pwd', simple.pwdCommand],
  ['readlink', readlink],
  ['realpath', realpath],
  ['rev', lines.rev],
  ['rm', rm],
  ['rmdir', rmdir],
  ['run-parts', others.runParts],
  ['sed', sed],
  ['seq', numbers.seq],
  ['setsid', others.setsid],
  ['sha1sum', sums.sha1sum],
  ['sha256sum', sums.sha256sum],
  ['sha384sum', sums.sha384sum],
  ['sha512sum', sums.sha512sum],
  ['sleep', simple.sleep],
  ['sort', sort],
  ['split', lines.split],
  ['stat', stat],
  ['stdbuf', others.stdbuf],
  ['sum', sums.sum16],
  ['sync', simple.sync],
  ['tac', lines.tac],
  ['tail', tail],
  ['tar', tar],
  ['tee', lines.tee],
  ['test', test],
  ['timeout', others.timeout],
  ['touch', touch],
  ['tr', tr],
  ['tree', borrowed.tree],
  ['true', simple.trueCommand],
  ['tsort', tsort],
  ['truncate', small.truncate],
  ['tty', simple.tty],
  ['uname', simple.uname],
  ['unexpand', borrowed.unexpand],
  ['uniq', columns.uniq],
  ['unlink', simple.unlink],
  ['useradd', useradd.useradd],
  ['userdel', useradd.userdel],
  ['usermod', useradd.usermod],
  ['wc', wc],
  ['which', others.which],
  ['who', simple.who],
  ['whoami', whoami],
  ['xargs', others.xargs],
  ['xxd', dumps.xxd],
  ['yes', simple.yes],
  ['zcat', gzip],
])

export function findCommand(name: string): Command | undefined {
  return commands.get(name)
}

/** Names of all programs that the pack simulates, sorted. */
export const commandNames: readonly string[] = [...commands.keys()].sort()
