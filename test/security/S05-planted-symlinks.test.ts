/** S5 (arkade#1258, undock#461): what is written to the host never goes through a link that was planted earlier. */
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { createOverlay, dirInode, emptySnapshot, fileInode, type Inode, mountView, textContent } from '@layerwright/vfs'
import { hostFolder, writeHostTree } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { archive, codeOf, dir, extract, file, guarded, hostPaths, link } from './support.js'

it('S5 a link of the archive with a file through it ends inside the target', () =>
  guarded(async ({ target, outside }) => {
    await extract(target, [[link('x', outside), file('x/secret', 'overwritten'), link('y', '../outside'), file('y/planted')]])
    expect(readFileSync(join(target, outside, 'secret'), 'utf8')).toBe('overwritten')
    expect(readlinkSync(join(target, 'y'))).toBe('../outside')
    expect(hostPaths(target)).toContain('outside/planted')
  }))

it('S5 a target that is a link, or holds one, is refused', () =>
  guarded(async ({ target, outside }) => {
    const tree = dirInode(new Map<string, Inode>([['secret', fileInode(textContent('overwritten'))]]))
    symlinkSync(outside, target)
    expect(await codeOf(() => writeHostTree(tree, target))).toBe('ENOTDIR')
    rmSync(target)
    mkdirSync(target)
    symlinkSync(outside, join(target, 'x'))
    expect(await codeOf(() => writeHostTree(dirInode(new Map([['x', tree]])), target))).toBe('ENOTEMPTY')
  }))

it('S5 in a bound folder a link is resolved in the view, never on the host', () =>
  guarded(({ target, outside }) => {
    mkdirSync(target)
    symlinkSync('../outside', join(target, 'relative'))
    symlinkSync(outside, join(target, 'absolute'))
    const folder = hostFolder(target)
    try {
      const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source: folder }])
      for (const name of ['relative', 'absolute']) {
        expect(view.exists(`/m/${name}/secret`)).toBe(false)
        expect(() => view.writeFile(`/m/${name}/planted`, 'x')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      }
      // Seen from below, a link is no directory, whatever it points to.
      const node = folder.lookup(folder.root, 'absolute')!
      expect(() => folder.create(node, 'planted', { type: 'dir' }, 0o755)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
    } finally {
      folder.close()
    }
  }))

it('S5 what is copied out of a container is not written through a link of the folder', () =>
  guarded(async ({ target, outside }) => {
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.start()
    await box.filesystem((fs) => {
      fs.mkdir('/srv/tree')
      fs.mkdir('/srv/tree/sub')
      fs.writeFile('/srv/tree/sub/secret', 'overwritten')
      fs.writeFile('/srv/tree/file', 'copied')
    })
    mkdirSync(join(target, 'tree'), { recursive: true })
    symlinkSync('../../outside', join(target, 'tree/sub'))
    expect(await containerCode(box.copyOut('/srv/tree', target))).toBe('COPY_DIR_OVER_FILE')
    rmSync(join(target, 'tree'), { recursive: true })
    mkdirSync(join(target, 'tree'))
    symlinkSync(`${outside}/secret`, join(target, 'tree/file'))
    await box.copyOut('/srv/tree', target)
    expect(readFileSync(join(target, 'tree/file'), 'utf8')).toBe('copied')
  }))

it('S5 an archive that is copied in with a climbing link is refused there, and nothing behind the link is written', () =>
  guarded(async () => {
    const { engine } = await fixture()
    const box = await engine.containers.create({ image: 'app' })
    const planted = archive(dir('d'), link('d/l', '../../etc/passwd'), file('d/l', 'x'))
    expect(await containerCode(box.copyArchiveIn(planted, '/srv'))).toBe('COPY_PATH_ESCAPES')
    expect((await box.diff()).map(({ path }) => path)).toEqual(['/srv', '/srv/d'])
  }))
