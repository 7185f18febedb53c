import { createOverlay, emptySnapshot, nodeFs } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

const fresh = () => nodeFs(createOverlay(emptySnapshot(), { now: () => 5_000_000_000n })).promises

describe('nodeFs', () => {
  it('reads and writes as node:fs/promises does', async () => {
    const fs = fresh()
    expect(await fs.mkdir('/a/b/c', { recursive: true })).toBe('/a')
    expect(await fs.mkdir('/a/b/c', { recursive: true })).toBeUndefined()
    await fs.writeFile('/a/f', 'text', 'utf8')
    await fs.appendFile('/a/f', new Uint8Array([33]))
    await fs.writeFile(
      '/a/g',
      (async function* () {
        yield 'two '
        yield new TextEncoder().encode('parts')
      })(),
    )
    expect([
      await fs.readFile('/a/f', 'utf8'),
      await fs.readFile('/a/g', { encoding: 'utf8' }),
      (await fs.readFile('/a/f')).length,
    ]).toEqual(['text!', 'two parts', 5])
    expect(await fs.readdir('/a')).toEqual(['b', 'f', 'g'])
    expect((await fs.readdir('/a', { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory(), entry.parentPath])).toEqual([
      ['b', true, '/a'],
      ['f', false, '/a'],
      ['g', false, '/a'],
    ])
    const stat = await fs.stat('/a/f')
    expect([stat.isFile(), stat.mode, stat.size, stat.mtimeMs, stat.mtime.getTime()]).toEqual([true, 0o100644, 5, 5000, 5000])
    await fs.utimes('/a/f', 0, new Date(1500))
    expect((await fs.stat('/a/f')).mtimeMs).toBe(1500)
  })

  it('rejects with codes and paths', async () => {
    const fs = fresh()
    await expect(fs.access('/none')).rejects.toMatchObject({ code: 'ENOENT', path: '/none' })
    await expect(fs.writeFile('/none/f', '')).rejects.toMatchObject({ code: 'ENOENT' })
    await fs.writeFile('/f', '')
    await expect(fs.writeFile('/f', '', { flag: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(fs.copyFile('/f', '/f', 1)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(fs.utimes('/f', 0, 'never')).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it('copies trees, links as links, and not into themselves', async () => {
    const fs = fresh()
    await fs.mkdir('/d/sub', { recursive: true })
    await fs.writeFile('/d/sub/f', 'x', { mode: 0o755 })
    await fs.symlink('sub/f', '/d/link')
    await expect(fs.cp('/d', '/e')).rejects.toMatchObject({ code: 'EISDIR' })
    await fs.cp('/d', '/e', { recursive: true })
    expect([await fs.readFile('/e/link', 'utf8'), await fs.readlink('/e/link'), (await fs.stat('/e/sub/f')).mode & 0o777]).toEqual([
      'x',
      'sub/f',
      0o755,
    ])
    await fs.writeFile('/e/sub/f', 'kept')
    await fs.cp('/d', '/e', { recursive: true, force: false })
    expect(await fs.readFile('/e/sub/f', 'utf8')).toBe('kept')
    await expect(fs.cp('/d', '/d/sub/again', { recursive: true })).rejects.toMatchObject({ code: 'EINVAL' })
    await fs.mkdir('/dd')
    await fs.cp('/d', '/dd/d', { recursive: true })
    expect(await fs.readdir('/dd/d')).toEqual(['link', 'sub'])
  })

  it('passes the rest on', async () => {
    const fs = fresh()
    await fs.writeFile('/f', 'abc')
    await fs.truncate('/f', 1)
    await fs.chmod('/f', 0o600)
    await fs.chown('/f', 3, 4)
    await fs.link('/f', '/g')
    await fs.symlink('f', '/l')
    await fs.lchown('/l', 9, 9)
    await fs.lutimes('/l', 0, 7)
    await fs.rename('/g', '/h')
    const [file, link] = [await fs.stat('/h'), await fs.lstat('/l')]
    expect([file.size, file.mode & 0o777, file.uid, file.gid, file.nlink]).toEqual([1, 0o600, 3, 4, 2])
    expect([link.isSymbolicLink(), link.uid, link.mtimeMs, await fs.realpath('/l')]).toEqual([true, 9, 7000, '/f'])
    await fs.unlink('/l')
    await fs.mkdir('/d', 0o700)
    await fs.rmdir('/d')
    await fs.rm('/h')
    expect(await fs.readdir('/')).toEqual(['f'])
  })
})
