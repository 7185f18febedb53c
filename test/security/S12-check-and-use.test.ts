/** S12 (CVE-2025-47290): check and use are one operation. Contents here are hostile: they change the host's folders while they are read. */
import { lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createOverlay, dirInode, emptySnapshot, fileInode, type Inode, mountView, textContent } from '@layerwright/vfs'
import { hostFolder, writeHostTree } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { leaveOut } from '../support/tools.js'
import { codeOf, guarded, hostPaths } from './support.js'

/** A file whose bytes are had only after `work` was done. */
function trap(text: string, work: () => void) {
  const inner = textContent(text)
  return fileInode({
    size: inner.size,
    stream: (start, end) => inner.stream(start, end),
    readInto(bytes, offset) {
      work()
      return inner.readInto!(bytes, offset)
    },
  })
}
const tree = (entries: Record<string, Inode>) => dirInode(new Map(Object.entries(entries)))
/** Elsewhere than on Linux Node has no way to open a name inside an open directory; what remains there is said in vfs/src/node/rooted.ts. */
const linux = process.platform === 'linux' || leaveOut('S12 swaps during writing', 'this host has no /proc/self/fd')

it.skipIf(!linux)('S12 a folder that is swapped for a link while a file in it is written', () =>
  guarded(async ({ target, outside }) => {
    const swap = () => {
      renameSync(join(target, 'd'), join(target, 'moved'))
      symlinkSync(outside, join(target, 'd'))
    }
    const hostile = tree({ d: tree({ a: trap('a', swap), secret: fileInode(textContent('overwritten')) }) })
    expect(await codeOf(() => writeHostTree(hostile, target))).toMatch(/^(ENOTDIR|ELOOP|ENOENT)$/)
    expect(hostPaths(target)).toEqual(['d', 'moved', 'moved/a'])
  }),
)

it.skipIf(!linux)('S12 the target itself that is swapped for a link', () =>
  guarded(async ({ root, target, outside }) => {
    const swap = () => {
      mkdirSync(join(root, 'target.d'))
      renameSync(target, join(root, 'target.d/moved'))
      symlinkSync(outside, target)
    }
    await writeHostTree(tree({ a: trap('a', swap), secret: fileInode(textContent('not there')) }), target)
    // It went on writing to the folder that it had made.
    expect(readdirSync(join(root, 'target.d/moved')).sort()).toEqual(['a', 'secret'])
    renameSync(join(root, 'target.d'), join(root, 'gone'))
    const { rmSync } = await import('node:fs')
    rmSync(join(root, 'gone'), { recursive: true })
  }),
)

it('S12 while it is written the folder is ours alone', () =>
  guarded(async ({ target }) => {
    const modes: number[] = []
    const look = () => modes.push(lstatSync(target).mode & 0o777, lstatSync(join(target, 'd')).mode & 0o777)
    await writeHostTree({ ...tree({ d: tree({ a: trap('a', look) }) }), mode: 0o777 }, target)
    expect(modes.slice(0, 2)).toEqual([0o700, 0o700])
    expect(lstatSync(target).mode & 0o777).toBe(0o777)
  }))

it('S12 a folder that has something in it is not written to', () =>
  guarded(async ({ target, outside }) => {
    mkdirSync(target)
    symlinkSync(outside, join(target, 'd'))
    expect(await codeOf(() => writeHostTree(tree({ d: tree({ secret: fileInode(textContent('x')) }) }), target))).toBe('ENOTEMPTY')
    expect(hostPaths(target)).toEqual(['d'])
  }))

it.skipIf(!linux)('S12 a bound folder stays the folder that it was', () =>
  guarded(({ root, target, outside }) => {
    mkdirSync(join(target, 'd'), { recursive: true })
    const folder = hostFolder(target)
    try {
      const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source: folder }])
      const node = folder.lookup(folder.root, 'd')!
      renameSync(join(target, 'd'), join(target, 'old'))
      symlinkSync(outside, join(target, 'd'))
      // The place was looked up while it was a directory, and is used when it is a link.
      expect(() => folder.create(node, 'planted', { type: 'dir' }, 0o755)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
      expect(() => folder.list(node)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
      renameSync(target, join(root, 'target-moved'))
      symlinkSync(outside, target)
      view.writeFile('/m/mine', 'x')
      expect(readdirSync(join(root, 'target-moved')).sort()).toEqual(['d', 'mine', 'old'])
      renameSync(target, join(root, 'target-moved/link'))
      renameSync(join(root, 'target-moved'), target)
    } finally {
      folder.close()
    }
  }),
)
