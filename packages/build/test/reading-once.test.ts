import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildContext, type BuildOptions, build, type CachePlace } from '@layerwright/build'
import { memoryStore, type Store } from '@layerwright/store'
import { openStore } from '@layerwright/store/node'
import { type Content, dirInode, fileInode, type Inode } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { outcomes } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-once-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A context whose contents count how often they are read. */
function counted(id: string, dockerfile: string, files: Readonly<Record<string, string>>) {
  const reads = new Map<string, number>()
  const content = (path: string, text: string): Content => {
    const bytes = new TextEncoder().encode(text)
    return {
      size: bytes.length,
      readInto(target, offset) {
        reads.set(path, (reads.get(path) ?? 0) + 1)
        const part = bytes.subarray(offset, offset + target.length)
        target.set(part)
        return part.length
      },
      async *stream() {
        reads.set(path, (reads.get(path) ?? 0) + 1)
        yield bytes
      },
    }
  }
  const context: BuildContext = {
    id,
    readFile: async (path) => (path === 'Dockerfile' ? new TextEncoder().encode(dockerfile) : undefined),
    snapshot: async ({ mtimeNs = 0n }) =>
      dirInode(new Map(Object.entries(files).map(([path, text]): [string, Inode] => [path, fileInode(content(path, text), { mtimeNs })])), {
        mtimeNs,
      }),
  }
  return { context, reads }
}

async function run(id: string, dockerfile: string, files: Record<string, string>, store: Store, options: Partial<BuildOptions> = {}) {
  const { context, reads } = counted(id, dockerfile, files)
  const result = await build({ context, store, ...options })
  return { result, reads: Object.fromEntries(reads) }
}

const TWO = 'FROM scratch\nCOPY a /\nCOPY b /\n'

describe('files of a step on a root that is new', () => {
  it('are read once, for their key and for their layer', async () => {
    const store = memoryStore()
    await run('one', TWO, { a: 'aaa', b: 'bbb' }, store)
    const edited = await run('one', TWO, { a: 'AAA', b: 'bbb' }, store)
    // What stands on a root that may be known waits for its key.
    expect([edited.reads, outcomes(edited.result)]).toEqual([{ a: 2, b: 1 }, ['ran: COPY a /', 'ran: COPY b /']])
    const fresh = await run('one', TWO, { a: 'AAA', b: 'bbb' }, memoryStore())
    expect(edited.result.image.digest).toBe(fresh.result.image.digest)
  })

  it('are read once where the cache is empty, but not where another cache is asked, too', async () => {
    const first = await run('one', TWO, { a: 'aaa', b: 'bbb' }, memoryStore())
    expect(first.reads).toEqual({ a: 1, b: 1 })
    const nothing: CachePlace = {
      name: 'nothing',
      manifest: async () => undefined,
      blob: () => ({ size: 0, async *stream() {} }),
      putBlob: async () => {},
      putManifest: async () => {},
      async *tags() {},
    }
    const shared = await run('one', TWO, { a: 'aaa', b: 'bbb' }, memoryStore(), { cacheFrom: [{ place: nothing }] })
    expect(shared.reads).toEqual({ a: 2, b: 1 })
    expect(shared.result.image.digest).toBe(first.result.image.digest)
  })

  it('are read once where everything is to run, and make the same image', async () => {
    const store = memoryStore()
    const first = await run('one', TWO, { a: 'aaa', b: 'bbb' }, store)
    const again = await run('one', TWO, { a: 'aaa', b: 'bbb' }, store, { noCache: true })
    expect([again.reads, again.result.image.digest]).toEqual([{ a: 1, b: 1 }, first.result.image.digest])
  })

  it('are only hashed where this step has stood on the same root before', async () => {
    const store = memoryStore()
    await run('one', TWO, { a: 'aaa', b: 'bbb' }, store)
    const { reads, result } = await run('one', 'FROM scratch\nCOPY --chmod=644 a /\nCOPY b /\n', { a: 'aaa', b: 'bbb' }, store)
    expect([reads, outcomes(result)]).toEqual([{ a: 2, b: 1 }, ['ran: COPY --chmod=644 a /', 'cached: COPY b /']])
  })

  it('leave nothing behind where the result turns out to be known', async () => {
    const folder = join(scratch, 'store')
    const store = await openStore(folder)
    const first = await run('one', TWO, { a: 'aaa', b: 'bbb' }, store)
    const blobs = readdirSync(join(folder, 'blobs/sha256')).sort()
    // Another project knows nothing of what the first one's steps stood on.
    const { result } = await run('two', 'FROM scratch\nCOPY --chmod=644 a /\nCOPY b /\n', { a: 'aaa', b: 'bbb' }, store)
    expect(outcomes(result)).toEqual(['ran: COPY --chmod=644 a /', 'cached: COPY b /'])
    expect(result.image.config.rootfs).toEqual(first.result.image.config.rootfs)
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
    expect(readdirSync(join(folder, 'blobs/sha256')).sort()).toEqual(blobs)
    store.close()
  })

  it('leave nothing behind where one of them cannot be read', async () => {
    const folder = join(scratch, 'broken')
    const store = await openStore(folder)
    const { context } = counted('one', TWO, { a: 'aaa', b: 'bbb' })
    const broken: BuildContext = {
      ...context,
      async snapshot(request) {
        const tree = await context.snapshot(request)
        const unreadable = { size: 3, readInto: () => 0, async *stream() {} }
        return dirInode(new Map([...tree.entries, ['b', fileInode(unreadable)]]), tree)
      },
    }
    await expect(build({ context: broken, store })).rejects.toMatchObject({ code: 'CONTENT_SIZE' })
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
    store.close()
  })
})
