// @ts-check
/**
 * The base images of the real applications, made of what the machine has: nothing is pulled. Each is an OCI layout.
 * - `busybox-base`: the static busybox, with a link for each of its commands;
 * - `node-base`: the machine's node and npm with the libraries that they load, above busybox;
 * - `debian-base`: what `debootstrap --variant=minbase` installs.
 */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { layerwright, run } from './cli.mjs'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The certificates that the machine trusts: its registry may be one that only these vouch for. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

const ACCOUNTS = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/**
 * Makes the bases that are asked for.
 * @param {string} folder where the layouts go, one folder each, by name
 * @param {Iterable<string>} names
 * @returns {Promise<Map<string, string>>} layouts by name
 */
export async function makeBases(folder, names) {
  /** @type {Map<string, string>} */
  const layouts = new Map()
  for (const name of new Set(names)) {
    const fill = BASES.get(name)
    if (!fill) throw new Error(`there is no base "${name}"`)
    const work = mkdtempSync(join(tmpdir(), `layerwright-${name}-`))
    try {
      const tree = join(work, 'tree')
      mkdirSync(tree)
      await fill(tree)
      const context = join(work, 'context')
      mkdirSync(context)
      await run('tar', ['--numeric-owner', '--one-file-system', '-C', tree, '-cf', join(context, 'rootfs.tar'), '.'])
      writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nADD rootfs.tar /\nENV PATH=${PATH}\nCMD ["/bin/sh"]\n`)
      const layout = join(folder, name)
      await layerwright(join(work, 'store'), 'build', '-q', '-t', name, '-o', `type=oci,tar=false,dest=${layout}`, context)
      layouts.set(name, layout)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }
  return layouts
}

/** @type {ReadonlyMap<string, (tree: string) => Promise<void>>} */
const BASES = new Map([
  ['busybox-base', busyboxTree],
  ['node-base', nodeTree],
  ['debian-base', debianTree],
])

/** @param {string} tree */
async function busyboxTree(tree) {
  for (const path of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc/ssl/certs', 'root', 'home/node', 'proc', 'sys', 'dev']) {
    mkdirSync(join(tree, path), { recursive: true })
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name))
  for (const path of ['tmp', 'var/tmp']) {
    mkdirSync(join(tree, path), { recursive: true })
    chmodSync(join(tree, path), 0o1777)
  }
  for (const [path, text] of Object.entries(ACCOUNTS)) writeFileSync(join(tree, path), text)
  chownSync(join(tree, 'home/node'), 1000, 1000)
  cpSync('/usr/bin/busybox', join(tree, 'usr/bin/busybox'), { dereference: true })
  for (const name of (await run('busybox', ['--list'])).trim().split('\n')) {
    if (name !== 'busybox') symlinkSync('busybox', join(tree, 'usr/bin', name))
  }
}

/** @param {string} tree */
async function nodeTree(tree) {
  await busyboxTree(tree)
  const node = realpathSync(process.execPath)
  cpSync(node, join(tree, 'usr/bin/node'))
  const libraries = [...(await run('ldd', [node])).matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  const folder = dirname(libraries.find((path) => /\/libc\.so/.test(path)) ?? '/usr/lib')
  // native addons of packages load these parts of the C library by themselves
  const addons = ['librt.so.1', 'libresolv.so.2', 'libutil.so.1'].map((name) => join(folder, name)).filter((path) => existsSync(path))
  for (const path of new Set([...libraries, ...addons])) {
    // where the loader looks for it; /lib is a link to /usr/lib in the tree, as on the machine
    const place = join(tree, 'usr', path.replace(/^\/usr\//, '/'))
    mkdirSync(dirname(place), { recursive: true })
    cpSync(realpathSync(path), place)
  }
  const npm = dirname(dirname(npmEntry(await run('sh', ['-c', 'command -v npm']))))
  cpSync(npm, join(tree, 'usr/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true })
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(tree, 'usr/bin', name))
  // npm's programs start by `#!/usr/bin/env node`: busybox has env
  cpSync(CERTIFICATES, join(tree, CERTIFICATES), { dereference: true })
}

/** The script behind the `npm` that is found on PATH. @param {string} found */
function npmEntry(found) {
  const path = found.trim()
  return lstatSync(path).isSymbolicLink() ? resolve(dirname(path), readlinkSync(path)) : realpathSync(path)
}

/** @param {string} tree */
async function debianTree(tree) {
  await run('debootstrap', ['--variant=minbase', 'bookworm', tree, 'http://deb.debian.org/debian'], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
  // as the images of the distribution do: apt's binary caches would be 80 MB of each layer that installs something
  writeFileSync(join(tree, 'etc/apt/apt.conf.d/no-caches'), 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n')
  await run('chroot', [tree, 'apt-get', 'clean'])
  // packages that the installation has fetched, and what it has printed: with a date in it
  for (const path of ['var/lib/apt/lists', 'var/log', 'var/cache/apt/archives']) {
    await run('find', [join(tree, path), '-type', 'f', '-delete'])
  }
}
