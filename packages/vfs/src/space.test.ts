/** A tree whose files may have so many bytes together: as a kernel's tmpfs, in whole pages. */
import { createOverlay, emptySnapshot, isFsError, type Overlay, replayChanges, upperChanges } from '@layerwright/vfs'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const PAGE = 4096
const pages = (bytes: number): number => Math.ceil(bytes / PAGE)
const MAX = 8

const operation = fc.oneof(
  fc.record({ do: fc.constantFrom('write', 'append', 'truncate'), name: fc.constantFrom('a', 'b', 'dir/c'), size: fc.nat(5 * PAGE) }),
  fc.record({ do: fc.constantFrom('remove', 'link'), name: fc.constantFrom('a', 'b', 'dir/c'), size: fc.constant(0) }),
)

function apply(fs: Overlay, { do: what, name, size }: { do: string; name: string; size: number }): void {
  const path = `/${name}`
  if (what === 'write') fs.writeFile(path, new Uint8Array(size))
  else if (what === 'append') fs.writeFile(path, new Uint8Array(size), { flag: 'a' })
  else if (what === 'truncate') fs.truncate(path, size)
  else if (what === 'remove') fs.rm(path)
  else fs.link(path, `${path}-link`)
}

/** Pages of all files, each once. */
function used(fs: Overlay): number {
  const sizes = new Map<number, number>()
  for (const folder of ['/', '/dir/']) {
    for (const { name, type } of fs.readdir(folder))
      if (type === 'file') sizes.set(fs.stat(folder + name).ino, pages(fs.stat(folder + name).size))
  }
  return [...sizes.values()].reduce((sum, each) => sum + each, 0)
}

const attempt = (fs: Overlay, each: Parameters<typeof apply>[1]): string => {
  try {
    apply(fs, each)
    return 'done'
  } catch (error) {
    if (!isFsError(error)) throw error
    return error.code
  }
}

test('what fits is done as without a bound; what does not is ENOSPC and changes no size', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const bounded = createOverlay(emptySnapshot(), { maxBytes: MAX * PAGE })
      bounded.mkdir('/dir')
      const history: Parameters<typeof apply>[1][] = []
      for (const each of operations) {
        // An overlay over the frozen tree would have split its hard links.
        const free = createOverlay(emptySnapshot())
        free.mkdir('/dir')
        for (const done of history) apply(free, done)
        const [outcome, room] = [attempt(free, each), used(free) <= MAX]
        const before = used(bounded)
        const got = attempt(bounded, each)
        seen.add(got)
        if (got === 'done') history.push(each)
        expect(got).toBe(outcome === 'done' && !room ? 'ENOSPC' : outcome)
        expect(used(bounded)).toBe(got === 'done' ? used(free) : before)
      }
    }),
  )
  expect([...seen]).toEqual(expect.arrayContaining(['done', 'ENOSPC', 'ENOENT']))
})

test('changes that fit in the end are replayed, whatever they take on the way', () => {
  const fs = createOverlay(emptySnapshot(), { maxBytes: 2 * PAGE })
  fs.writeFile('/z', new Uint8Array(2 * PAGE))
  const before = fs.freeze()
  const other = createOverlay(before)
  other.writeFile('/a', new Uint8Array(2 * PAGE))
  other.rm('/z')
  replayChanges(fs, upperChanges(before, other.freeze()))
  expect(fs.readdir('/').map(({ name }) => name)).toEqual(['a'])
  expect(() => fs.writeFile('/b', 'x')).toThrow('no space is left')
  fs.rm('/a')
  fs.writeFile('/b', 'x')
})
