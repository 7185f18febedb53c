/**
 * The same random operations on our overlay and on the kernel's overlayfs: errno by errno, then the merged tree, then the
 * upper directory. Needs root and mount(2); elsewhere it is skipped with a word. LAYERWRIGHT_KERNEL_SEQUENCES and
 * LAYERWRIGHT_KERNEL_SEED choose how much and which.
 */
import { spawnSync } from 'node:child_process'
import * as host from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createOverlay, type FileSystem, type Inode, type Overlay, type Snapshot, walk } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { errnoCases, errnoFixture } from '@layerwright/vfs/testing'
import { afterAll, describe, expect, it } from 'vitest'

const scratch = host.mkdtempSync(join(tmpdir(), 'lw-kernel-'))
afterAll(() => host.rmSync(scratch, { recursive: true, force: true }))

/** `FileSystem` by system calls on a folder; only what the tests use. */
class KernelFileSystem {
  readonly #base: string
  constructor(base: string) {
    this.#base = base
  }
  #at = (path: string) => (path === '' ? '' : this.#base + path)
  stat = (path: string) => host.statSync(this.#at(path))
  lstat = (path: string) => host.lstatSync(this.#at(path))
  realpath = (path: string) => host.realpathSync.native(this.#at(path))
  readlink = (path: string) => host.readlinkSync(this.#at(path))
  readdir = (path: string) => host.readdirSync(this.#at(path))
  open = (path: string) => host.readFileSync(this.#at(path))
  writeFile = (path: string, data: string, { flag = 'w' }: { flag?: string } = {}) => host.writeFileSync(this.#at(path), data, { flag })
  writeAt = (path: string, offset: number, data: Uint8Array) => {
    if (offset < 0) throw Object.assign(new Error(), { code: 'EINVAL' })
    const fd = host.openSync(this.#at(path), 'r+')
    try {
      host.writeSync(fd, data, 0, data.length, offset)
    } finally {
      host.closeSync(fd)
    }
  }
  truncate = (path: string, size: number) => {
    if (size < 0) throw Object.assign(new Error(), { code: 'EINVAL' })
    host.truncateSync(this.#at(path), size)
  }
  mkdir = (path: string) => host.mkdirSync(this.#at(path), 0o755)
  rmdir = (path: string) => host.rmdirSync(this.#at(path))
  unlink = (path: string) => host.unlinkSync(this.#at(path))
  rename = (from: string, to: string) => {
    try {
      host.renameSync(this.#at(from), this.#at(to))
    } catch (error) {
      // The kernel does not move a directory that has a lower part; `mv` copies it then.
      if ((error as { code: string }).code !== 'EXDEV') throw error
      // Resolved first: links on the way may lie in what is moved.
      const resolved = ([from, to] as const).map((path) => join(host.realpathSync(dirname(this.#at(path))), basename(path)))
      moveDirectory(resolved[0]!, resolved[1]!)
    }
  }
  link = (existing: string, path: string) => host.linkSync(this.#at(existing), this.#at(path))
  symlink = (target: string, path: string) => host.symlinkSync(target, this.#at(path))
  chmod = (path: string, mode: number) => host.chmodSync(this.#at(path), mode)
  chown = (path: string, uid: number, gid: number) => host.chownSync(this.#at(path), uid, gid)
  utimes = (path: string, mtimeNs: bigint, options?: { nofollow?: boolean }) => {
    const seconds = Number(mtimeNs / 1_000_000_000n)
    if (options?.nofollow) host.lutimesSync(this.#at(path), seconds, seconds)
    else host.utimesSync(this.#at(path), seconds, seconds)
  }
}

/** What `mv` does with a directory that rename(2) refuses: make it again, rename the files in it one by one, remove the old one. */
function moveDirectory(from: string, to: string): void {
  if (host.existsSync(to)) host.rmdirSync(to)
  const { mode, uid, gid } = host.lstatSync(from)
  host.mkdirSync(to)
  for (const name of host.readdirSync(from)) {
    if (host.lstatSync(`${from}/${name}`).isDirectory()) moveDirectory(`${from}/${name}`, `${to}/${name}`)
    else host.renameSync(`${from}/${name}`, `${to}/${name}`)
  }
  host.chownSync(to, uid, gid)
  host.chmodSync(to, mode)
  host.rmdirSync(from)
}

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe('the errno table is the kernel', () => {
  // What happens at the root of the host is not the tests' to try, and a prefix makes other paths too long.
  for (const [what, code, run] of errnoCases.filter(([name]) => !/root|long path|empty path/.test(name))) {
    it(`${what}: ${code}`, () => {
      const base = host.mkdtempSync(join(scratch, 'errno-'))
      const fs = new KernelFileSystem(base) as unknown as FileSystem
      errnoFixture(
        Object.assign(Object.create(fs) as FileSystem, { mkdir: (path: string) => host.mkdirSync(base + path, { recursive: true }) }),
      )
      expect(codeOf(() => run(fs))).toBe(code)
    })
  }
})

const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const dirs = ['l', 'u', 'w', 'm'].map((name) => join(scratch, `try-${name}`))
  for (const dir of dirs) host.mkdirSync(dir)
  const done = mountOverlay(dirs as [string, string, string, string])
  if (done) spawnSync('umount', [dirs[3]!])
  return done
})()

function mountOverlay([lower, upper, work, merged]: [string, string, string, string]): boolean {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},index=off,redirect_dir=off,metacopy=off`
  return spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options, merged]).status === 0
}

/** Everything that can be seen of a tree, without times and numbers. */
function describeTree(tree: Snapshot): Map<string, string> {
  const out = new Map<string, string>()
  for (const { path, inode } of walk(tree)) out.set(path, describeInode(inode))
  return out
}

function describeInode(inode: Inode): string {
  const common = `${inode.type} ${inode.mode.toString(8)} ${inode.uid}:${inode.gid}`
  if (inode.type === 'symlink') return `${common} -> ${inode.target}`
  if (inode.type !== 'file') return common
  const bytes = new Uint8Array(inode.content.size)
  inode.content.readInto!(bytes, 0)
  return `${common} ${Buffer.from(bytes).toString('hex')}`
}

/** Names of each hard-linked group. Whiteouts (which the kernel links to one another) are not among them. */
function linkGroups(tree: Snapshot): string[] {
  const groups = new Map<Inode, string[]>()
  for (const { path, inode } of walk(tree))
    if (inode.type !== 'dir' && inode.type !== 'char') groups.set(inode, [...(groups.get(inode) ?? []), path])
  return [...groups.values()].filter((names) => names.length > 1).map((names) => names.join(' = '))
}

/** What is in the kernel's upper directory, and what of the lower is hidden by it. */
function kernelLayer(lower: Snapshot, upperDir: string, merged: Snapshot): string[] {
  const upper = readHostTree(upperDir, { owner: 'keep' })
  const lines = new Set<string>()
  for (const { path, inode } of walk(upper)) {
    if (inode.type === 'char' && inode.major === 0 && inode.minor === 0) continue
    lines.add(`${path} ${describeInode(inode)}`)
  }
  for (const path of hidden(lower, merged, '')) lines.add(`${path} gone`)
  return [...lines].sort()
}

function* hidden(before: Snapshot, after: Snapshot, prefix: string): Generator<string> {
  for (const [name, old] of before.entries) {
    const now = after.entries.get(name)
    if (!now) yield prefix + name
    else if (old.type === 'dir' && now.type === 'dir') yield* hidden(old, now, `${prefix}${name}/`)
  }
}

const ourLayer = (overlay: Overlay): string[] =>
  overlay
    .changes()
    .map(({ path, inode }) => `${path} ${inode ? describeInode(inode) : 'gone'}`)
    .sort()

function random(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) % limit
  }
}

type Step = readonly [op: string, run: (fs: FileSystem) => unknown]

/** One random operation. All names lie two levels down, so that a `..` in a link never leaves the tree on the host. */
function randomStep(pick: (limit: number) => number, known: readonly string[]): Step {
  const names = ['a', 'b', 'c', 'd', 'lf', 'ld', 'l']
  const path = () => {
    // Two of three paths are there already, or lie in a directory that is.
    const base = known[pick(known.length)]!
    if (pick(3) > 0) return pick(3) > 0 ? base : `${base}/${names[pick(names.length)]}`
    let text = '/r/s'
    for (let depth = 1 + pick(3); depth > 0; depth--) text += `/${names[pick(names.length)]}`
    return pick(25) === 0 ? `${text}/` : text
  }
  const [p, q] = [path(), path()]
  const n = pick(100)
  const steps: readonly Step[] = [
    ['write', (fs) => fs.writeFile(p, `w${n}`)],
    ['append', (fs) => fs.writeFile(p, `a${n}`, { flag: 'a' })],
    ['exclusive', (fs) => fs.writeFile(p, 'x', { flag: 'wx' })],
    ['writeAt', (fs) => fs.writeAt(p, n % 9, new Uint8Array([n]))],
    ['truncate', (fs) => fs.truncate(p, n % 7)],
    ['mkdir', (fs) => fs.mkdir(p)],
    ['mkdir', (fs) => fs.mkdir(p)],
    ['rmdir', (fs) => fs.rmdir(p)],
    ['unlink', (fs) => fs.unlink(p)],
    ['rename', (fs) => fs.rename(p, q)],
    ['rename', (fs) => fs.rename(p, q)],
    ['rename', (fs) => fs.rename(p, q)],
    ['link', (fs) => fs.link(p, q)],
    ['link', (fs) => fs.link(p, q)],
    ['symlink', (fs) => fs.symlink(['a', 'b/c', '../s/d', 'nowhere', 'l'][n % 5]!, p)],
    ['chmod', (fs) => fs.chmod(p, [0o644, 0o755, 0o4755, 0o2711, 0o6644][n % 5]!)],
    ['chown', (fs) => fs.chown(p, n % 3, n % 2)],
    ['stat', (fs) => fs.stat(p)],
    ['readdir', (fs) => fs.readdir(p)],
  ]
  return steps[pick(steps.length)]!
}

const LOWER = [
  'mkdir -p r/s/a/b r/s/a/c r/s/b/d r/s/d/a/b',
  'echo one > r/s/a/a; echo two > r/s/a/b/a; echo three > r/s/b/c; echo four > r/s/lf; echo five > r/s/d/a/b/c',
  'ln r/s/lf r/s/a/lf; ln r/s/b/c r/s/b/a; ln -s a r/s/l; ln -s ../b r/s/a/l; ln -s nowhere r/s/b/l; chmod 4755 r/s/lf; chown 3:4 r/s/b',
].join('; ')

describe.skipIf(!canMount)('against overlayfs (root and mount(2) needed)', () => {
  const sequences = Number(process.env.LAYERWRIGHT_KERNEL_SEQUENCES ?? 40)
  const firstSeed = Number(process.env.LAYERWRIGHT_KERNEL_SEED ?? 1)

  it(`${sequences} sequences of 50 operations, from seed ${firstSeed}`, () => {
    const lowerDir = join(scratch, 'lower')
    host.mkdirSync(lowerDir)
    expect(spawnSync('sh', ['-c', LOWER], { cwd: lowerDir }).status).toBe(0)
    const lower = readHostTree(lowerDir, { owner: 'keep' })
    const counts = new Map<string, number>()
    for (let seed = firstSeed; seed < firstSeed + sequences; seed++) {
      const dirs = ['upper', 'work', 'merged'].map((name) => join(scratch, `${name}-${seed}`)) as [string, string, string]
      for (const dir of dirs) host.mkdirSync(dir)
      expect(mountOverlay([lowerDir, ...dirs])).toBe(true)
      try {
        compare(seed, lower, dirs[0], dirs[2], counts)
      } finally {
        spawnSync('umount', [dirs[2]])
        for (const dir of dirs) host.rmSync(dir, { recursive: true, force: true })
      }
    }
    if (process.env.LAYERWRIGHT_KERNEL_SEQUENCES) console.log(Object.fromEntries([...counts].sort()))
  }, 600_000)

  /** The call that a step makes, for messages. */
  function describeStep(run: (fs: FileSystem) => unknown): string {
    let text = ''
    run(
      new Proxy({} as FileSystem, {
        get:
          (_, name) =>
          (...args: unknown[]) => {
            text = `${String(name)}(${args.join(', ')})`
          },
      }),
    )
    return text
  }

  function compare(seed: number, lower: Snapshot, upperDir: string, mergedDir: string, counts: Map<string, number>): void {
    const pick = random(seed)
    const kernel = new KernelFileSystem(mergedDir) as unknown as FileSystem
    const ours = createOverlay(lower)
    const log: string[] = []
    let known = ['/r/s/a']
    for (let i = 0; i < 50; i++) {
      const [op, run] = randomStep(pick, known)
      const [theirs, mine] = [codeOf(() => run(kernel)), codeOf(() => run(ours))]
      // Freezing now and then must not be seen in anything.
      if (pick(3) === 0) known = [...walk(ours.freeze())].map((entry) => `/${entry.path}`).filter((path) => path.startsWith('/r/s/'))
      if (known.length === 0) known = ['/r/s/a']
      log.push(`${op} ${describeStep(run)} ${theirs}`)
      counts.set(`${op} ${theirs}`, (counts.get(`${op} ${theirs}`) ?? 0) + 1)
      expect(mine, `seed ${seed}, step ${i}: ${op}\n${log.slice(-6).join('\n')}`).toBe(theirs)
    }
    const merged = readHostTree(mergedDir, { owner: 'keep' })
    expect(describeTree(ours.freeze()), `seed ${seed}: merged tree\n${log.join('\n')}`).toEqual(describeTree(merged))
    expect(ourLayer(ours), `seed ${seed}: layer\n${log.join('\n')}`).toEqual(kernelLayer(lower, upperDir, merged))
    expect(linkGroups(upperOf(ours)), `seed ${seed}: hard links\n${log.join('\n')}`).toEqual(linkGroups(readHostTree(upperDir)))
  }

  /** The upper inodes as a tree, to look for links among them only: links of the lower show as what they were there. */
  function upperOf(overlay: Overlay): Snapshot {
    const upper = createOverlay(createEmpty())
    const groups = new Map<Inode, string>()
    for (const { path, inode } of overlay.changes()) {
      if (!inode) continue
      if (inode.type === 'dir') upper.mkdir(`/${path}`, { recursive: true })
      else if (groups.has(inode)) upper.link(`/${groups.get(inode)}`, `/${path}`)
      else {
        upper.writeFile(`/${path}`, '')
        groups.set(inode, path)
      }
    }
    return upper.freeze()
  }
  const createEmpty = (): Snapshot => ({ type: 'dir', mode: 0o755, uid: 0, gid: 0, mtimeNs: 0n, entries: new Map() })
})

describe.skipIf(canMount)('against overlayfs', () => {
  it('is skipped: it needs root and mount(2)', () => {})
})
