/** The lower tree, and random operations on it. */
import type { FileSystem } from '@layerwright/vfs'

/** Makes the lower tree of every sequence, in an empty folder. */
export const LOWER = [
  'mkdir -p r/s/a/b r/s/a/c r/s/b/d r/s/d/a/b r/s/c/d/a',
  'echo one > r/s/a/a; echo two > r/s/a/b/a; echo three > r/s/b/c; echo four > r/s/lf; echo five > r/s/d/a/b/c; echo six > r/s/c/d/a/b',
  'ln r/s/lf r/s/a/lf; ln r/s/b/c r/s/b/a; ln r/s/d/a/b/c r/s/d/lf; ln -s a r/s/l; ln -s ../b r/s/a/l; ln -s nowhere r/s/b/l',
  'chmod 4755 r/s/lf; chmod 2755 r/s/c; chown 3:4 r/s/b',
].join('; ')

/** Attributes of the lower tree: path, name, value. */
export const LOWER_XATTRS = [
  ['r/s/a', 'user.a', 'on a directory'],
  ['r/s/a/a', 'user.a', 'on a file'],
  ['r/s/lf', 'user.b', 'on a linked file'],
  ['r/s/d/a/b', 'user.a', ''],
] as const

/** The same seed gives the same numbers. */
export function random(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) % limit
  }
}

/** An operation, the paths it is about (the first is what it changes), and the call itself. */
export interface Step {
  readonly op: string
  readonly paths: readonly string[]
  run(fs: FileSystem): unknown
}

const NAMES = ['a', 'b', 'c', 'd', 'lf', 'ld', 'l']
const XATTRS = ['user.a', 'user.b', 'user.empty']

/** One random operation. All names lie two levels down, so that a `..` in a link never leaves the tree on the host. */
export function randomStep(pick: (limit: number) => number, known: readonly string[], lower: readonly string[]): Step {
  const name = () => NAMES[pick(NAMES.length)]!
  const existing = () => (pick(3) === 0 ? lower[pick(lower.length)]! : known[pick(known.length)]!)
  const path = () => {
    // Most paths are there already, or lie in a directory that is.
    if (pick(4) > 0) return pick(4) > 0 ? existing() : `${existing()}/${name()}`
    let text = '/r/s'
    for (let depth = 1 + pick(3); depth > 0; depth--) text += `/${name()}`
    return pick(25) === 0 ? `${text}/` : text
  }
  /** Where something new may go: half of the time a name beside something that is there. */
  const free = () => (pick(2) === 0 ? `${parent(existing())}/n${pick(4)}` : path())
  const [p, q] = [path(), path()]
  const made = free()
  // Programs differ in what they do with a link that has a slash behind it.
  const plain = p.replace(/\/$/, '')
  const n = pick(100)
  const xattr = XATTRS[n % 3]!
  const one = (op: string, at: string, run: (fs: FileSystem) => unknown): Step => ({ op, paths: [at], run })
  const steps: readonly (() => Step)[] = [
    () => one('write', p, (fs) => fs.writeFile(p, `w${n}`)),
    () => one('append', p, (fs) => fs.writeFile(p, `a${n}`, { flag: 'a' })),
    () => one('exclusive', made, (fs) => fs.writeFile(made, 'x', { flag: 'wx' })),
    () => one('writeAt', p, (fs) => fs.writeAt(p, n % 9, new Uint8Array([n]))),
    () => one('truncate', p, (fs) => fs.truncate(p, n % 7)),
    () => one('mkdir', made, (fs) => fs.mkdir(made)),
    () => one('mkdir', q, (fs) => fs.mkdir(q)),
    () => one('rmdir', p, (fs) => fs.rmdir(p)),
    () => one('unlink', p, (fs) => fs.unlink(p)),
    () => one('rm', plain, (fs) => fs.rm(plain, { recursive: true })),
    () => one('remake', plain, (fs) => remake(fs, plain)),
    () => ({ op: 'rename', paths: [p, q], run: (fs) => fs.rename(p, q) }),
    () => ({ op: 'rename', paths: [p, made], run: (fs) => fs.rename(p, made) }),
    () => ({ op: 'rename', paths: [p, made], run: (fs) => fs.rename(p, made) }),
    () => ({ op: 'link', paths: [p, q], run: (fs) => fs.link(p, q) }),
    () => ({ op: 'link', paths: [p, made], run: (fs) => fs.link(p, made) }),
    () => one('symlink', made, (fs) => fs.symlink(['a', 'b/c', '../s/d', 'nowhere', 'l'][n % 5]!, made)),
    () => one('chmod', p, (fs) => fs.chmod(p, [0o644, 0o755, 0o4755, 0o2711, 0o6644][n % 5]!)),
    () => one('chown', p, (fs) => fs.chown(p, n % 3, n % 2)),
    () => one('setxattr', p, (fs) => fs.setxattr(p, xattr, new Uint8Array(n % 3).fill(n), { nofollow: true })),
    () => one('removexattr', p, (fs) => fs.removexattr(p, xattr, { nofollow: true })),
    () => one('stat', p, (fs) => fs.stat(p)),
    () => one('readdir', p, (fs) => fs.readdir(p)),
  ]
  return steps[pick(steps.length)]!()
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** Removes what is there and makes a directory in its place: opaque, where the lower has something under that name. */
function remake(fs: FileSystem, path: string): void {
  fs.rm(path, { recursive: true })
  fs.mkdir(path)
}

/** The calls that a step makes, for messages. */
export function describeStep(step: Step): string {
  const calls: string[] = []
  const recorder = new Proxy({} as FileSystem, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        void calls.push(`${String(name)}(${args.map((arg) => (typeof arg === 'object' ? JSON.stringify(arg) : String(arg))).join(', ')})`),
  })
  step.run(recorder)
  return calls.join('; ')
}
