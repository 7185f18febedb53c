/**
 * The real bash and coreutils of this machine, in a sandbox: no network, the machine's files read-only, an /etc and a /tmp of its own, and none
 * of the rights that reach beyond it (a recorded line once was `date -s`). Needs root and bwrap, and says so.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/root' }

/** The accounts that recorded lines see, here and in the simulated shell. */
export const accounts = {
  passwd:
    'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\nnogroup:x:65534:\n',
}

/** What programs look for in /etc, where the machine has it. */
const wanted = ['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'nsswitch.conf', 'login.defs', 'default', 'skel', 'pam.d', 'security', 'adduser.conf', 'protocols', 'services', 'localtime'] // biome-ignore format: a list

/** Rights over files and processes inside; none over the clock, mounts, modules or the network. */
export const rights = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETUID', 'SETGID', 'MKNOD', 'KILL', 'SYS_CHROOT']

/** Why lines cannot be recorded here; undefined where they can. */
export function whyNot() {
  if (process.getuid?.() !== 0) return 'it needs root: owners and device nodes are recorded'
  const tried = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-net', 'true'])
  return tried.status === 0 ? undefined : 'bwrap does not work here'
}

/** Where the machine's programs are, read-only, as they are linked there. */
export function programFolders() {
  return ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'opt'].flatMap((name) => {
    const stat = lstatSync(`/${name}`, { throwIfNoEntry: false })
    if (!stat) return []
    return stat.isSymbolicLink() ? ['--symlink', readlinkSync(`/${name}`), `/${name}`] : ['--ro-bind', `/${name}`, `/${name}`]
  })
}

const listing =
  "find . -mindepth 1 \\( -type d -printf 'd %m %p\\n' -o -type f -printf 'f %m %p %s\\n' -o -type l -printf 'l %p -> %l\\n' \\) | sort"

/** Runs every script in a fresh /work, one behind the other: a sandbox for each would take most of the time. */
const driver = `
for script in /lines/*.sh; do
  base="\${script%.sh}"
  cd / && find /work -mindepth 1 -delete && cd /work
  bash /lines/setup
  env -u SHLVL -u _ timeout -s KILL 20 /bin/bash -c "$(cat "$script")" </dev/null >"$base.out" 2>"$base.err"
  echo $? >"$base.exit"
  cd /work && ${listing} >"$base.tree"
done`

/**
 * What each line does behind the setup. @returns {{exit: number, stdout: string, stderr: string, tree: string}[]}
 * @param {string} setup @param {readonly string[]} lines
 */
export function recordAll(setup, lines) {
  const base = mkdtempSync(join(tmpdir(), 'real-shell-'))
  const [work, etc, home, scripts] = ['work', 'etc', 'root', 'lines'].map((name) => join(base, name))
  try {
    for (const each of [work, etc, home, scripts]) mkdirSync(each)
    for (const name of wanted) {
      if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, join(etc, name), { recursive: true, verbatimSymlinks: true })
    }
    for (const [name, text] of Object.entries(accounts)) writeFileSync(join(etc, name), text)
    writeFileSync(join(scripts, 'setup'), setup)
    const name = (at) => join(scripts, String(at).padStart(5, '0'))
    for (const [at, line] of lines.entries()) writeFileSync(`${name(at)}.sh`, line)
    const box = [
      ...[
        '--unshare-pid',
        '--unshare-net',
        '--unshare-ipc',
        '--unshare-uts',
        '--hostname',
        'localhost',
        '--die-with-parent',
        '--new-session',
      ],
      ...programFolders(),
      ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--tmpfs', '/run', '--tmpfs', '/home', '--tmpfs', '/var'],
      ...['--bind', etc, '/etc', '--bind', home, '/root', '--bind', work, '/work', '--bind', scripts, '/lines', '--cap-drop', 'ALL'],
      ...rights.flatMap((right) => ['--cap-add', `CAP_${right}`]),
      ...['--clearenv', ...Object.entries(environment).flatMap(([variable, value]) => ['--setenv', variable, value])],
    ]
    const ran = spawnSync('bwrap', [...box, '/bin/bash', '-c', driver], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (ran.status !== 0) throw new Error(`the sandbox ended with ${ran.status}`)
    const read = (at, kind) => readFileSync(`${name(at)}.${kind}`, 'latin1')
    return lines.map((_, at) => ({
      exit: Number(read(at, 'exit')),
      stdout: read(at, 'out'),
      stderr: read(at, 'err'),
      tree: read(at, 'tree'),
    }))
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}
