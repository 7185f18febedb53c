/** A directory of thousands of names is changed without copying it; nobody must see that. */
import {
  applyChanges,
  createOverlay,
  dirInode,
  emptySnapshot,
  fileInode,
  type Snapshot,
  textContent,
  treeDigestSync,
  upperChanges,
  walk,
} from '@layerwright/vfs'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const COUNT = 2100
const names = (tree: Snapshot): string[] => [...walk(tree)].map(({ path }) => path)
const start = dirInode(new Map(Array.from({ length: COUNT }, (_, i) => [`f${i}`, fileInode(textContent(`${i}`))])))

const step = fc.tuple(fc.constantFrom('write', 'remove', 'freeze'), fc.constantFrom('f0', 'f1', 'f2', 'new', 'newer'))

it('a large directory is after any changes and freezes what a small one would be', () =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.nat(300), (steps, many) => {
      const overlay = createOverlay(start, { now: () => 0n })
      const model = new Map([...start.entries.keys()].map((name) => [name, name.slice(1)]))
      const frozen: [Snapshot, string[]][] = []
      const freeze = () => frozen.push([overlay.freeze(), [...model.keys()].sort()])
      for (const [i, [what, name]] of steps.entries()) {
        if (what === 'freeze') freeze()
        else if (what === 'write') {
          overlay.writeFile(name, `w${i}`)
          model.set(name, `w${i}`)
        } else if (model.delete(name)) overlay.unlink(name)
      }
      // So many that what changed is put together with what did not.
      for (let i = 0; i < many; i++) {
        overlay.writeFile(`m${i}`, '')
        model.set(`m${i}`, '')
        if (i % 100 === 0) freeze()
      }
      freeze()
      for (const [tree, expected] of frozen) expect(names(tree)).toEqual(expected)
      const end = overlay.freeze()
      expect(end.entries.size).toBe(model.size)
      const attributes = { mode: end.mode, uid: end.uid, gid: end.gid, mtimeNs: end.mtimeNs }
      const plain = applyChanges(emptySnapshot(attributes), upperChanges(emptySnapshot(attributes), end))
      expect(treeDigestSync(plain, 'exact')).toBe(treeDigestSync(end, 'exact'))
      for (const [tree] of frozen) expect(names(applyChanges(tree, upperChanges(tree, end)))).toEqual(names(end))
      expect([...end.entries.values()].length).toBe(model.size)
    }),
    { numRuns: 25 },
  ))
