import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOverlay, emptySnapshot, type FileSystem, mountView, tmpfs } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { fileSystemSuite, type Power } from '@layerwright/vfs/testing'
import { afterAll, describe, it } from 'vitest'

const folders: string[] = []
function fresh(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lw-vfs-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A filesystem seen from `prefix` down, so that the whole suite can be run inside a mount. */
function under(fs: FileSystem, prefix: string): FileSystem {
  const at = (path: string) => (path.startsWith('/') ? prefix + path : path)
  return new Proxy(fs, {
    get(target, key: keyof FileSystem) {
      const method = target[key] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        const paths = key === 'rename' || key === 'link' ? [0, 1] : key === 'symlink' ? [0, 1] : [0]
        const moved = args.map((arg, i) => (paths.includes(i) && typeof arg === 'string' ? at(arg) : arg))
        const result = method.apply(target, moved)
        const strip = key === 'realpath' || key === 'readlink'
        return strip && typeof result === 'string' && result.startsWith(`${prefix}/`) ? result.slice(prefix.length) : result
      }
    },
  })
}

const rootUser = process.getuid?.() === 0
const hostLimits: Power[] = ['device', 'xattr', 'nanoseconds', ...(rootUser ? [] : (['owner'] as const))]

const kinds: [name: string, make: () => FileSystem, without: Power[]][] = [
  ['overlay', () => createOverlay(emptySnapshot()), []],
  ['tmpfs in a view', () => mountView(tmpfs()), []],
  ['host folder', () => mountView(hostFolder(fresh())), hostLimits],
  ['subfolder of a host folder', () => mountView(subfolderOf(fresh())), hostLimits],
]

function subfolderOf(folder: string) {
  const driver = hostFolder(folder)
  const view = mountView(driver)
  view.mkdir('/inner')
  return hostFolder(join(folder, 'inner'))
}

for (const [kind, make, without] of kinds) {
  describe(kind, () => {
    for (const test of fileSystemSuite({ without })) it(test.name, () => test.run(make()))
  })
}

describe('inside a mounted subpath', () => {
  // `..` out of the root of the mount, the mount point's own name, and over-long paths mean something else there.
  const elsewhere = /root|links are followed inside|long path|\.\.|through dangling|recursive making/
  for (const test of fileSystemSuite().filter(({ name }) => !elsewhere.test(name))) {
    it(test.name, () => {
      const volume = createOverlay(emptySnapshot())
      volume.mkdir('/sub')
      const view = mountView(createOverlay(emptySnapshot()), [{ target: '/mnt/v', source: volume, subpath: 'sub' }])
      return test.run(under(view, '/mnt/v'))
    })
  }
})
