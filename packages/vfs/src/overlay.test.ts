/** Laws of the overlay, on random sequences of operations. */
import {
  applyChanges,
  createOverlay,
  diffTrees,
  dirInode,
  type FileSystem,
  fileInode,
  type Inode,
  isFsError,
  type LayerChange,
  lookup,
  type Overlay,
  readAllSync,
  type Snapshot,
  sameAttributes,
  symlinkInode,
  textContent,
  treeDigestSync,
  upperChanges,
  walk,
} from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const NAMES = ['a', 'b', 'c', '__proto__']

/** A lower tree with a hard-linked pair, a link and directories. */
function lowerTree(): Snapshot {
  const shared = fileInode(textContent('shared'))
  const sub = dirInode(
    new Map<string, Inode>([
      ['a', fileInode(textContent('deep'), { mode: 0o600 })],
      ['c', shared],
    ]),
  )
  return dirInode(
    new Map<string, Inode>([
      ['__proto__', dirInode(new Map([['b', dirInode(new Map([['b', fileInode(textContent('x'))]]))]]))],
      ['a', dirInode(new Map<string, Inode>([['a', sub]]))],
      ['b', shared],
      ['c', symlinkInode('a')],
    ]),
  )
}

type Step = readonly [name: string, run: (fs: FileSystem) => void]

const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(15), path, path, fc.nat(200)).map(([kind, p, q, n]): Step => {
  const steps: readonly Step[] = [
    [`write ${p} ${n}`, (fs) => fs.writeFile(p, `${n}`)],
    [`append ${p} ${n}`, (fs) => fs.writeFile(p, `+${n}`, { flag: 'a' })],
    [`writeAt ${p} ${n}`, (fs) => fs.writeAt(p, n, new Uint8Array([n, n]))],
    [`truncate ${p} ${n}`, (fs) => fs.truncate(p, n)],
    [`mkdir ${p}`, (fs) => fs.mkdir(p)],
    [`mkdir -p ${p}`, (fs) => fs.mkdir(p, { recursive: true })],
    [`rmdir ${p}`, (fs) => fs.rmdir(p)],
    [`unlink ${p}`, (fs) => fs.unlink(p)],
    [`rm -r ${p}`, (fs) => fs.rm(p, { recursive: true })],
    [`rename ${p} ${q}`, (fs) => fs.rename(p, q)],
    [`rename ${q} ${p}`, (fs) => fs.rename(q, p)],
    [`link ${p} ${q}`, (fs) => fs.link(p, q)],
    [`symlink ${p} ${q}`, (fs) => fs.symlink(p, q)],
    [`chmod ${p} ${n}`, (fs) => fs.chmod(p, n)],
    [`chown ${p} ${n}`, (fs) => fs.chown(p, n, n, { nofollow: n % 2 === 0 })],
    [`setxattr ${p} ${n}`, (fs) => fs.setxattr(p, 'trusted.n', new Uint8Array([n]))],
  ]
  return steps[kind]!
})
const steps = fc.array(step, { maxLength: 40 })

function attempt(fs: FileSystem, [, run]: Step): string {
  try {
    run(fs)
    return 'ok'
  } catch (error) {
    if (!isFsError(error)) throw error
    return error.code
  }
}

const clock = (): (() => bigint) => {
  let now = 1_700_000_000_000_000_000n
  return () => ++now
}
const over = (lower: Snapshot): Overlay => createOverlay(lower, { now: clock() })

/** Everything about a tree as text, with hard links named by their first path. Uses nothing that is remembered. */
function textOf(tree: Snapshot, times = true): string[] {
  const first = new Map<Inode, string>()
  return [...walk(tree)].map(({ path, inode }) => {
    const linked = inode.type === 'dir' ? undefined : first.get(inode)
    first.set(inode, linked ?? path)
    const what =
      inode.type === 'file' ? new TextDecoder('latin1').decode(readAllSync(inode.content)) : inode.type === 'symlink' ? inode.target : ''
    const xattrs = inode.xattrs ? [...inode.xattrs].map(([name, value]) => `${name}=${value}`).join() : ''
    return [path, inode.type, inode.mode, inode.uid, inode.gid, times ? inode.mtimeNs : '', linked ?? '', xattrs, what].join(' ')
  })
}

/** A naive model: names in nested maps, files as shared objects, everything copied, no sharing, no freezing, no links. */
class Model {
  readonly root: ModelDir = new Map()

  static of(tree: Snapshot): Model {
    const model = new Model()
    for (const { path, inode } of walk(tree)) {
      const [dir, name] = model.#parent(path)!
      dir.set(
        name,
        inode.type === 'dir'
          ? new Map()
          : { data: inode.type === 'file' ? [...readAllSync(inode.content)] : [], link: inode.type === 'symlink' },
      )
    }
    return model
  }

  #parent(path: string): [ModelDir, string] | undefined {
    const parts = path.split('/').filter((part) => part !== '')
    const name = parts.pop()!
    let dir: ModelDir = this.root
    for (const part of parts) {
      const next = dir.get(part)
      if (!(next instanceof Map)) return undefined
      dir = next
    }
    return [dir, name]
  }

  get(path: string): ModelDir | ModelFile | undefined {
    const place = this.#parent(path)
    return place?.[0].get(place[1])
  }

  put(path: string, node: ModelDir | ModelFile | undefined): void {
    const [dir, name] = this.#parent(path)!
    if (node) dir.set(name, node)
    else dir.delete(name)
  }

  lines(dir: ModelDir = this.root, prefix = ''): string[] {
    return [...dir].flatMap(([name, node]) =>
      node instanceof Map ? [`${prefix}${name}/`, ...this.lines(node, `${prefix}${name}/`)] : [`${prefix}${name} ${node.data}`],
    )
  }
}
type ModelFile = { data: number[]; readonly link: boolean }
type ModelDir = Map<string, ModelDir | ModelFile>

const linesOf = (tree: Snapshot): string[] =>
  [...walk(tree)].map(({ path, inode }) =>
    inode.type === 'dir' ? `${path}/` : `${path} ${inode.type === 'file' ? [...readAllSync(inode.content)] : []}`,
  )

describe('the overlay', () => {
  it('agrees with a naive model that knows files, directories and hard links', () => {
    const flat = lowerTree()
    const lower = dirInode(new Map([...flat.entries].filter(([, inode]) => inode.type !== 'symlink')))
    const command = fc.tuple(fc.constantFrom('write', 'append', 'mkdir', 'rm', 'rename', 'link'), path, path, fc.nat(99))
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const overlay = over(lower)
        const model = Model.of(lower)
        for (const [op, p, q, n] of commands) {
          const bytes = [...new TextEncoder().encode(`${n}`)]
          const there = model.get(p)
          const run: Record<string, [ok: boolean, ours: () => void, theirs: () => void]> = {
            write: [
              !(there instanceof Map),
              () => overlay.writeFile(p, `${n}`),
              () => {
                if (there) (there as ModelFile).data = bytes
                else model.put(p, { data: bytes, link: false })
              },
            ],
            append: [
              there !== undefined && !(there instanceof Map),
              () => overlay.writeFile(p, `${n}`, { flag: 'a' }),
              () => void (there as ModelFile).data.push(...bytes),
            ],
            mkdir: [there === undefined, () => overlay.mkdir(p), () => model.put(p, new Map())],
            rm: [there !== undefined, () => overlay.rm(p, { recursive: true }), () => model.put(p, undefined)],
            rename: [
              there !== undefined && model.get(q) === undefined && !`${q}/`.includes(`${p}/`),
              () => overlay.rename(p, q),
              () => {
                model.put(p, undefined)
                model.put(q, there)
              },
            ],
            link: [
              there !== undefined && !(there instanceof Map) && model.get(q) === undefined,
              () => overlay.link(p, q),
              () => model.put(q, there),
            ],
          }
          const [ok, ours, theirs] = run[op]!
          if (!ok) continue
          try {
            ours()
          } catch (error) {
            // A missing parent: the model has no word for it.
            expect(isFsError(error)).toBe(true)
            continue
          }
          theirs()
          if (n % 5 === 0) overlay.freeze()
        }
        expect(linesOf(overlay.freeze()).sort()).toEqual(model.lines().sort())
      }),
    )
  })

  it('never changes what was frozen, nor its lower', () => {
    const lower = lowerTree()
    const before = textOf(lower)
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 5 }), (rounds) => {
        const overlay = over(lower)
        const frozen: { tree: Snapshot; text: string[]; changes: LayerChange[]; listed: string[] }[] = []
        for (const round of rounds) {
          for (const each of round) attempt(overlay, each)
          const changes = overlay.changes()
          const tree = overlay.freeze()
          frozen.push({ tree, text: textOf(tree), changes, listed: changes.map(({ path, inode }) => `${path} ${inode?.mode}`) })
        }
        for (const { tree, text, changes, listed } of frozen) {
          expect(textOf(tree)).toEqual(text)
          expect(changes.map(({ path, inode }) => `${path} ${inode?.mode}`)).toEqual(listed)
        }
        expect(textOf(lower)).toEqual(before)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same answers and the same tree, links and times however often it is frozen', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60 }), (rounds) => {
        const [still, frozen] = [over(lowerTree()), over(lowerTree())]
        for (const [each, freeze] of rounds) {
          expect(attempt(frozen, each)).toBe(attempt(still, each))
          if (freeze) frozen.freeze()
        }
        expect(textOf(frozen.freeze())).toEqual(textOf(still.freeze()))
        for (const { path, inode } of walk(still.freeze())) {
          if (inode.type !== 'dir') expect(frozen.lstat(path).nlink, path).toBe(still.lstat(path).nlink)
        }
      }),
    )
  })

  it('changes applied to the lower give the merged tree again, hard links included', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const overlay = over(lowerTree())
        for (const each of sequence) attempt(overlay, each)
        const changes = overlay.changes()
        const merged = overlay.freeze()
        const again = applyChanges(overlay.lower, changes)
        expect(textOf(again)).toEqual(textOf(merged))
        expect(treeDigestSync({ ...again, mtimeNs: merged.mtimeNs, mode: merged.mode, uid: merged.uid, gid: merged.gid }, 'exact')).toBe(
          treeDigestSync({ ...merged, xattrs: again.xattrs }, 'exact'),
        )
        // Sorted, each path once, parents before children, and whiteouts only for what was there.
        const paths = changes.map(({ path }) => path)
        expect(new Set(paths).size).toBe(paths.length)
        for (const { path, inode, repeated } of changes) {
          const below = lookup(overlay.lower, path, { follow: false })
          if (inode === null) expect(below, path).toBeDefined()
          else expect(inode === below, path).toBe(false)
          if (repeated) expect(inode && below && sameAttributes(inode, below), path).toBe(true)
          const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
          if (parent !== '') expect(paths.indexOf(parent), path).toBeLessThan(paths.indexOf(path))
        }
      }),
    )
  })

  it('diff: nothing for equal trees; what one way adds the other way deletes; empty means equal but for directory times', () => {
    fc.assert(
      fc.property(steps, steps, (left, right) => {
        const [a, b] = [over(lowerTree()), over(lowerTree())]
        for (const each of left) attempt(a, each)
        for (const each of right) attempt(b, each)
        const [x, y] = [a.freeze(), b.freeze()]
        expect(diffTrees(x, x)).toEqual([])
        const [there, back] = [diffTrees(x, y), diffTrees(y, x)]
        const of = (changes: typeof there, kind: string) => changes.filter((each) => each.kind === kind).map((each) => each.path)
        const added = of(there, 'A')
        const top = added.filter((each) => !added.includes(each.slice(0, each.lastIndexOf('/'))))
        // A directory that replaces a file is a change with additions below it; the other way the file replaces all of it.
        const inside = (each: string) => lookup(x, each.slice(0, each.lastIndexOf('/')) || '/', { follow: false })?.type === 'dir'
        expect(top.filter(inside)).toEqual(of(back, 'D'))
        if (there.length === 0)
          expect(treeDigestSync(withoutDirTimes(x), 'selection')).toBe(treeDigestSync(withoutDirTimes(y), 'selection'))
      }),
      { numRuns: 60 },
    )
  })

  it('diff of the overlay is the diff of its trees', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const overlay = over(lowerTree())
        for (const each of sequence) attempt(overlay, each)
        const live = overlay.diff()
        expect(live).toEqual(diffTrees(overlay.lower, overlay.freeze()))
        expect(upperChanges(overlay.lower, overlay.lower)).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

/** Contents, links and hard links are not part of what `diff` compares: they are made equal here. */
function withoutDirTimes(tree: Snapshot): Snapshot {
  const entries = new Map<string, Inode>()
  for (const [name, inode] of tree.entries) {
    if (inode.type === 'dir') entries.set(name, withoutDirTimes(inode))
    else entries.set(name, { ...fileInode(textContent('')), mode: inode.mode, uid: inode.uid, gid: inode.gid })
  }
  return { ...tree, entries, xattrs: undefined }
}
