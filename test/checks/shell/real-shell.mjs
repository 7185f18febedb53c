/**
 * The real bash and coreutils of this machine, in a sandbox: no network, the machine's files read-only, an /etc and a /tmp of its own, and none
 * of the rights that reach beyond it (a recorded line once was `date -s`). Needs root and bwrap, and says so.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/root' }

/** The accounts that recorded lines see, here and in the simulated shell. */
export const accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\nnogroup:x:65534:\n',
}

/** What programs look for in /etc, where the machine has it. */
const wanted = ['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'nsswitch.conf', 'login.defs', 'default', 'skel', 'pam.d', 'security', 'adduser.conf', 'protocols', 'services', 'localtime'] // biome-ignore format: a list

/** Rights over files and processes inside; none over the clock, mounts, modules or the network. */
const rights = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETUID', 'SETGID', 'MKNOD', 'KILL', 'SYS_CHROOT']

/** Why lines cannot be recorded here; undefined where they can. */
export function whyNot() {
  if (process.getuid?.() !== 0) return 'it needs root: owners and device nodes are recorded'
  const tried = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-net', 'true'])
  return tried.status === 0 ? undefined : 'bwrap does not work here'
}

/** A folder for one line, and the means to run scripts in it. `dispose` removes it. */
export function realShell() {
  const base = mkdtempSync(join(tmpdir(), 'real-shell-'))
  const work = join(base, 'work')
  const etc = join(base, 'etc')
  const home = join(base, 'root')
  for (const each of [work, etc, home]) mkdirSync(each)
  for (const name of wanted) {
    if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, join(etc, name), { recursive: true, verbatimSymlinks: true })
  }
  writeFileSync(join(etc, 'passwd'), accounts.passwd)
  writeFileSync(join(etc, 'group'), accounts.group)
  const box = [
    ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--hostname', 'localhost', '--die-with-parent', '--new-session'],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--tmpfs', '/run', '--tmpfs', '/home', '--tmpfs', '/var/mail'],
    ...['--bind', etc, '/etc', '--bind', home, '/root', '--bind', work, '/work', '--chdir', '/work', '--cap-drop', 'ALL'],
    ...rights.flatMap((right) => ['--cap-add', `CAP_${right}`]),
    ...['--clearenv', ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value])],
  ]
  return {
    run(script, timeout = 20_000) {
      return spawnSync('bwrap', [...box, '/bin/bash', '-c', script], { encoding: 'latin1', input: '', timeout, killSignal: 'SIGKILL' })
    },
    dispose: () => rmSync(base, { recursive: true, force: true }),
  }
}
