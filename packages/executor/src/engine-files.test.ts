import { createOverlay, emptySnapshot, tmpfs } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { commandChanges, engineFiles, withEngineFiles } from './index.js'

function base(withPlaces: boolean) {
  const overlay = createOverlay(emptySnapshot())
  overlay.mkdir('/etc')
  overlay.writeFile('/etc/passwd', '')
  if (withPlaces) for (const path of ['/proc', '/sys', '/dev']) overlay.mkdir(path)
  return createOverlay(overlay.freeze())
}

it('leaves nothing of its own behind', async () => {
  const overlay = base(true)
  const { restored } = await withEngineFiles(
    overlay,
    { hostname: 'box', mounts: [{ target: '/fresh/deep/dir', source: tmpfs() }] },
    async (fs) => {
      expect(new TextDecoder().decode(await fs.readFile('/etc/hosts'))).toContain('localhost')
      expect(fs.exists('/etc/resolv.conf')).toBe(true)
      expect(() => fs.writeFile('/etc/hosts', 'x', { flag: 'a' })).toThrow(expect.objectContaining({ code: 'EROFS' }))
      fs.writeFile('/fresh/deep/dir/x', 'x')
    },
  )
  expect(overlay.diff()).toEqual([])
  expect(commandChanges(overlay, restored)).toEqual([])
})

it('repeats a restored directory only above what the command changed', async () => {
  const overlay = base(true)
  const { restored } = await withEngineFiles(overlay, {}, async (fs) => fs.writeFile('/etc/passwd', 'changed'))
  expect(commandChanges(overlay, restored).map(({ path, repeated }) => [path, repeated ?? false])).toEqual([
    ['etc', true],
    ['etc/passwd', false],
  ])
})

it('leaves nothing behind a link that led nowhere', async () => {
  const made = createOverlay(base(true).freeze())
  made.symlink('../run/resolve/stub.conf', '/etc/resolv.conf')
  made.symlink('/later', '/etc/hosts')
  made.symlink('round', '/round')
  const overlay = createOverlay(made.freeze())
  const { restored } = await withEngineFiles(overlay, { resolvConf: 'nameserver ::1' }, async (fs) => {
    expect(new TextDecoder().decode(await fs.readFile('/run/resolve/stub.conf'))).toBe('nameserver ::1')
    expect(new TextDecoder().decode(await fs.readFile('/later'))).toContain('localhost')
  })
  expect(overlay.diff()).toEqual([])
  expect(commandChanges(overlay, restored)).toEqual([])
  expect(() => engineFiles(overlay, { mounts: [{ target: '/round/m', source: tmpfs() }] })).toThrow(
    expect.objectContaining({ code: 'ELOOP' }),
  )
})

it('runs twice on one tree', async () => {
  const overlay = base(true)
  for (let round = 0; round < 2; round++) await withEngineFiles(overlay, {}, async () => undefined)
  expect(overlay.diff()).toEqual([])
})

it('leaves /proc, /sys and /dev, and what the command put beside a mount point', () => {
  const overlay = base(false)
  const files = engineFiles(overlay, { mounts: [{ target: '/p/q/ctx', source: tmpfs() }] })
  files.filesystem.writeFile('/p/q/own', 'x')
  files.finish()
  expect(overlay.diff()).toEqual([
    { kind: 'A', path: '/dev' },
    { kind: 'A', path: '/p' },
    { kind: 'A', path: '/p/q' },
    { kind: 'A', path: '/p/q/own' },
    { kind: 'A', path: '/proc' },
    { kind: 'A', path: '/sys' },
  ])
  expect(overlay.stat('/proc')).toMatchObject({ mode: 0o755, uid: 0 })
})
