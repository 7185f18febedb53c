/** Random trees and random changes of them. */
import {
  type Attributes,
  deviceInode,
  dirInode,
  fifoInode,
  fileInode,
  type Inode,
  memoryContent,
  type Snapshot,
  symlinkInode,
} from '@layerwright/vfs'
import fc from 'fast-check'

// Names that sort differently by bytes, by code units and beside a slash; one that is no UTF-8; long ones.
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'a-b', 'a.b', 'ab', 'c d', '__proto__', 'constructor') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('é', '😀', '\uffff', 'x\udcff', '\udc80', 'n'.repeat(99), 'n'.repeat(101), 'ü'.repeat(60), 'z'.repeat(255)),
  },
)

const attributes: fc.Arbitrary<Attributes> = fc.record({
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o1777, 0, 0o7777),
  uid: fc.constantFrom(0, 1000, 2_097_151, 2_097_152, 4_294_967_294),
  gid: fc.constantFrom(0, 5, 4_000_000),
  mtimeNs: fc.constantFrom(
    0n,
    1n,
    -1n,
    1_700_000_000_000_000_000n,
    1_700_000_000_123_456_700n,
    -5_000_000_000n,
    -1_500_000_000n,
    5_000_000_000_000_000_000n,
    9_000_000_000_000_000_001n,
  ),
  xattrs: fc.option(
    fc
      .dictionary(fc.constantFrom('user.a', 'security.capability', 'user.é'), fc.uint8Array({ maxLength: 12 }), { minKeys: 1 })
      .map((all) => new Map(Object.entries(all))),
    { nil: undefined, freq: 6 },
  ),
})

const content = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map(memoryContent),
  fc.constantFrom(0, 511, 512, 513, 2000).map((size) => memoryContent(new Uint8Array(size).fill(7))),
)

const leaf: fc.Arbitrary<Inode> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(content, attributes).map(([bytes, a]) => fileInode(bytes, a)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('a', '../..', '/a/b', 'x'.repeat(150), 'ü\udcfe'), attributes)
      .map(([target, a]) => symlinkInode(target, a)),
  },
  { weight: 1, arbitrary: attributes.map((a) => fifoInode(a)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('char' as const, 'block' as const), fc.nat(4095), fc.nat(1_048_575), attributes)
      .map(([type, major, minor, a]) => deviceInode(type, major, minor, a)),
  },
)

const { tree } = fc.letrec<{ tree: Snapshot; node: Inode }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('tree')),
  tree: fc.tuple(fc.array(fc.tuple(name, tie('node')), { maxLength: 5 }), attributes).map(([entries, a]) => dirInode(new Map(entries), a)),
}))

/** A tree with some of its files linked under second names. */
export const randomTree: fc.Arbitrary<Snapshot> = fc
  .tuple(tree, fc.array(fc.tuple(fc.nat(), fc.nat(), name), { maxLength: 3 }))
  .map(([root, links]) => {
    for (const [from, to, as] of links) {
      const dirs = directories(root)
      const files = dirs.flatMap((dir) => [...dir.entries.values()].filter((inode) => inode.type !== 'dir'))
      const file = files[from % Math.max(files.length, 1)]
      const dir = dirs[to % dirs.length]!
      if (file && !dir.entries.has(as)) (dir.entries as Map<string, Inode>).set(as, file)
    }
    // What the root itself is like is no part of a layer.
    return dirInode(root.entries)
  })

const directories = (dir: Snapshot): Snapshot[] => [
  dir,
  ...[...dir.entries.values()].flatMap((inode) => (inode.type === 'dir' ? directories(inode) : [])),
]

/** A tree, and another one that shares parts of it. */
export const treeAndChange: fc.Arbitrary<readonly [Snapshot, Snapshot]> = fc
  .tuple(randomTree, randomTree, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }))
  .map(([a, b, choices]) => {
    let at = 0
    const choose = () => choices[at++ % choices.length]!
    const mix = (x: Snapshot, y: Snapshot): Snapshot => {
      const entries = new Map<string, Inode>()
      for (const key of new Set([...x.entries.keys(), ...y.entries.keys()])) {
        const [left, right] = [x.entries.get(key), y.entries.get(key)]
        if (left?.type === 'dir' && right?.type === 'dir') entries.set(key, mix(choose() ? left : { ...left, mode: right.mode }, right))
        else {
          const chosen = choose() ? left : right
          if (chosen) entries.set(key, chosen)
        }
      }
      return { ...x, entries }
    }
    return [a, mix(a, b)] as const
  })
