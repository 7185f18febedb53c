/**
 * A small root file system made of this machine's own shells and tools, and a run of a line in it: the truth for lines that nobody has
 * recorded. The machine's files are only read; a line sees a copy, through an overlay that is gone with its mount namespace.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs' // biome-ignore format: a list
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { accounts, rights } from './real-shell.mjs'

const folders = ['dev', 'etc', 'home', 'opt', 'proc', 'root', 'run', 'srv', 'tmp', 'usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'usr/local/bin', 'usr/local/sbin', 'usr/local/lib', 'usr/local/share', 'usr/src', 'usr/share', 'var/cache/apt', 'var/lib/apt/lists', 'var/lib/dpkg', 'var/log', 'var/spool', 'var/tmp', 'var/www'] // biome-ignore format: a list

/** What a package manager and the like leave in a tree: a file that is a binary, and that nothing can run. */
const stub = '\x7fELF'

/**
 * @param {readonly string[]} tools programs that both sides have
 * @param {readonly string[]} foreign programs that an image has and the simulated shell has not
 */
export function makeRoot(tools, foreign) {
  const root = mkdtempSync(join(tmpdir(), 'real-root-'))
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  chmodSync(join(root, 'tmp'), 0o1777)
  chmodSync(join(root, 'var/tmp'), 0o1777)
  for (const [name, text] of Object.entries(accounts)) writeFileSync(join(root, 'etc', name), text)
  writeFileSync(
    join(root, 'etc/os-release'),
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
  )
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1\tlocalhost\n')
  writeFileSync(join(root, 'etc/resolv.conf'), '')
  for (const name of ['login.defs', 'nsswitch.conf', 'default/useradd', 'services']) {
    if (existsSync(`/etc/${name}`)) copyIn(root, `/etc/${name}`)
  }
  const libraries = new Set()
  for (const name of ['bash', 'dash', 'sh', ...tools]) {
    const path = ['/usr/bin', '/usr/sbin'].map((folder) => `${folder}/${name}`).find((each) => existsSync(each))
    if (!path) continue
    for (const library of copyIn(root, path)) libraries.add(library)
  }
  for (const library of libraries) copyIn(root, library)
  for (const name of foreign) {
    const path = join(root, 'usr/bin', name)
    if (!existsSync(path)) writeFileSync(path, stub, { mode: 0o755 })
  }
  return { root, dispose: () => rmSync(root, { recursive: true, force: true }) }
}

/** Copies a file with the links that lead to it. @returns {string[]} the libraries that it wants */
function copyIn(root, path) {
  const real = path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/')
  const target = join(root, real)
  if (lstatSync(target, { throwIfNoEntry: false })) return []
  mkdirSync(dirname(target), { recursive: true })
  if (lstatSync(real).isSymbolicLink()) {
    const link = readlinkSync(real)
    symlinkSync(link, target)
    return copyIn(root, link.startsWith('/') ? link : join(dirname(real), link)) // prefix-ok: absolute
  }
  copyFileSync(real, target)
  chmodSync(target, lstatSync(real).mode & 0o7777)
  const asked = spawnSync('ldd', [real], { encoding: 'utf8' })
  return [...asked.stdout.matchAll(/(?:=> )?(\/[^ ]+) \(0x/g)].map(([, library]) => library)
}

const script = `
set -e
mkdir -p "$BASE/upper" "$BASE/work" "$BASE/merged"
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$BASE/upper,workdir=$BASE/work" "$BASE/merged"
mkdir -p "$BASE/merged$CWD"
set +e
timeout -s KILL 20 "$@" </dev/null >"$BASE/out" 2>"$BASE/err"
echo $? >"$BASE/exit"
cd "$BASE/merged" && find . -mindepth 1 \\( -path ./proc -o -path ./dev \\) -prune -o -printf '%P\\t%y\\t%m\\t%U:%G\\t%s\\t%l\\0' >"$BASE/tree"
cd "$BASE/upper" && find . -type f -print0 | xargs -0 -r sha256sum -z >"$BASE/sums"
`

/**
 * Runs a command in a copy of the root, without network and without rights beyond it.
 * @param {string} root @param {{ argv: readonly string[], env: ReadonlyMap<string, string>, cwd: string }} line
 */
export function runInRoot(root, { argv, env, cwd }) {
  const base = mkdtempSync(join(tmpdir(), 'real-run-'))
  try {
    const box = [
      ...[
        'bwrap',
        '--bind',
        `${base}/merged`,
        '/',
        '--dev',
        '/dev',
        '--proc',
        '/proc',
        '--unshare-pid',
        '--unshare-net',
        '--unshare-ipc',
        '--unshare-uts',
      ],
      ...['--hostname', 'localhost', '--die-with-parent', '--new-session', '--chdir', cwd, '--cap-drop', 'ALL'],
      ...rights.flatMap((right) => ['--cap-add', `CAP_${right}`]),
      ...['--clearenv', ...[...env].flatMap(([name, value]) => ['--setenv', name, value])],
      ...argv,
    ]
    const ran = spawnSync('unshare', ['-m', '--propagation', 'private', '/bin/bash', '-c', script, 'bash', ...box], {
      env: { PATH: process.env.PATH, BASE: base, ROOT: root, CWD: cwd, LC_ALL: 'C' },
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    })
    const read = (name) => readFileSync(join(base, name), 'latin1')
    if (!existsSync(join(base, 'sums'))) throw new Error(`the sandbox did not start: ${ran.stderr}`)
    return {
      exit: Number(read('exit')),
      stdout: read('out'),
      stderr: read('err'),
      tree: readTree(read('tree')),
      sums: readSums(read('sums')),
    }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

/** Entries by path: type, mode, owner, size of files, target of links. */
function readTree(text) {
  const rows = text.split('\0').filter((row) => row !== '')
  return new Map(
    rows.map((row) => {
      const [path, type, mode, owner, size, target] = row.split('\t')
      return [path, [type, mode, owner, type === 'f' ? size : '', target].join(' ')]
    }),
  )
}

function readSums(text) {
  const rows = text.split('\0').filter((row) => row !== '')
  return new Map(rows.map((row) => [row.slice(66).replace(/^\.\//, ''), row.slice(0, 64)]))
}

/** Why there is no truth on this machine; undefined where there is. */
export function whyNoRoot() {
  if (process.getuid?.() !== 0) return 'it needs root, for the overlay that every line gets'
  for (const program of ['bwrap', 'unshare', 'ldd']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`
  }
  return readdirSync('/usr/bin').includes('bash') ? undefined : 'bash is not installed'
}
