import { createOverlay, emptySnapshot, type FileSystem, isFsError, mountView, NameWatch, tmpfs } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'

function watched(files: FileSystem) {
  const names: string[] = []
  const watch = new NameWatch(({ path }) => names.push(path))
  return { names, watch, view: watch.over(files)! }
}

function sample(): FileSystem {
  const files = createOverlay(emptySnapshot())
  files.mkdir('/d/e', { recursive: true })
  files.writeFile('/d/e/f', '')
  files.symlink('d', '/link')
  files.symlink('/d/../gone/on', '/dangling')
  return files
}

describe('a watched view', () => {
  it('tells each name on the way once, under its real path', () => {
    const { names, view } = watched(sample())
    view.stat('/link/e/../e/f')
    view.stat('/d//e/./f')
    expect(names).toEqual(['/link', '/d', '/d/e', '/d/e/f'])
  })

  it('tells what is missing, and nothing behind it', () => {
    const { names, watch, view } = watched(sample())
    expect(view.exists('/d/none/x/y')).toBe(false)
    expect(view.lookup('/dangling')).toBeUndefined()
    expect(view.lookup('/d/e/f/x')).toBeUndefined()
    expect(names).toEqual(['/d', '/d/none', '/dangling', '/gone', '/d/e', '/d/e/f'])
    expect(watch.last.path).toBe('/d/e/f')
  })

  it('knows where a walk ended', () => {
    const { watch, view } = watched(sample())
    for (const [path, end] of Object.entries({ '/': '/', '/link': '/d', '/d/e/..': '/d', '/link/e/.': '/d/e', '/d/new': '/d/new' })) {
      view.exists(path)
      expect(watch.last.path).toBe(end)
    }
    view.lstat('/link')
    expect(watch.last.path).toBe('/link')
    view.writeFile('/d/new', 'x')
    expect(watch.last.path).toBe('/d/new')
  })

  it('goes through mounts', () => {
    const root = createOverlay(emptySnapshot())
    const { names, view } = watched(mountView(root, [{ target: '/mnt/t', source: tmpfs() }]))
    view.writeFile('/mnt/t/f', 'x')
    expect(names).toEqual(['/mnt', '/mnt/t', '/mnt/t/f'])
  })

  it('is none of a filesystem that others made', () => {
    const { watch } = watched(sample())
    expect(watch.over({ ...sample() })).toBeUndefined()
  })
})

const NAMES = ['a', 'b', 'c']
const place = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const target = fc
  .tuple(fc.constantFrom('', '/'), fc.array(fc.constantFrom(...NAMES, '..', '.'), { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
  .map(([first, parts, last]) => first + parts.join('/') + last)
const entry = fc.tuple(
  place,
  fc.oneof(
    fc.constant('dir' as const),
    fc.constant('file' as const),
    target.map((to) => ({ to })),
  ),
)
const entries = fc.array(entry, { maxLength: 8 })

function treeOf(given: readonly (typeof entry extends fc.Arbitrary<infer T> ? T : never)[]): FileSystem {
  const files = createOverlay(emptySnapshot())
  for (const [path, what] of given) {
    try {
      if (path.includes('/')) files.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
      if (what === 'dir') files.mkdir(path)
      else if (what === 'file') files.writeFile(path, path, { flag: 'wx' })
      else files.symlink(what.to, path)
    } catch (error) {
      if (!isFsError(error)) throw error
    }
  }
  return files
}

/** What a real path is, without going through links. */
function answer(files: FileSystem, path: string): string {
  const above = path.slice(0, path.lastIndexOf('/'))
  if (above !== '' && answer(files, above) !== 'dir') return 'missing'
  const type = files.lookup(path, { follow: false })?.type ?? 'missing'
  return type === 'symlink' ? `link ${files.readlink(path)}` : type
}

const outcome = (files: FileSystem, path: string): string => {
  try {
    return `${files.stat(path).type} ${files.realpath(path)}`
  } catch (error) {
    if (!isFsError(error)) throw error
    return error.code
  }
}

fuzz(
  'two trees in which the names that a walk told are the same lead it to the same end',
  fc.property(entries, entries, target, (given, more, path) => {
    const first = treeOf(given)
    const { names, view } = watched(first)
    const end = outcome(view, path)
    // Half of another tree comes before: most names stay, some become something else.
    const second = treeOf([...more.slice(0, more.length / 2), ...given, ...more])
    if (names.every((name) => answer(first, name) === answer(second, name))) expect(outcome(second, path)).toBe(end)
  }),
  { share: 0.05 },
)
