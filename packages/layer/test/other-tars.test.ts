/** Random trees through GNU tar and back: it unpacks what we write to a host folder, packs that again, and we read the tree that we had. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { readTar, tarTree, writeLayer } from '@layerwright/layer'
import { packTree, readTarStream } from '@layerwright/layer/node'
import { dirInode, emptySnapshot, type Inode, memoryContent, type Snapshot, upperChanges, type Xattrs } from '@layerwright/vfs'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../../../test/support/tools.js'
import { join as joinBytes, listing } from './support.js'
import { randomTree } from './trees.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-other-tars-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const tar = requireTool('tar')
const isRoot = process.getuid?.() === 0 || leaveOut('owners and devices through GNU tar', 'not root')
const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' }

/** What a Linux host can hold of a tree: `user.` attributes of files and directories; a capability has a form that random bytes have not. */
function onHost(tree: Snapshot): Snapshot {
  const copies = new Map<Inode, Inode>()
  const visit = (inode: Inode): Inode => {
    const known = copies.get(inode)
    if (known) return known
    const kept = inode.type === 'file' || inode.type === 'dir' ? [...(inode.xattrs ?? [])].filter(([name]) => /^user\./.test(name)) : []
    const xattrs: Xattrs | undefined = kept.length > 0 ? new Map(kept) : undefined
    const copy: Inode =
      inode.type === 'dir'
        ? { ...inode, xattrs, entries: new Map([...inode.entries].map(([name, child]) => [name, visit(child)])) }
        : { ...inode, xattrs }
    // GNU tar packs names of one fifo or device as files of their own.
    if (inode.type !== 'fifo' && inode.type !== 'char' && inode.type !== 'block') copies.set(inode, copy)
    return copy
  }
  return dirInode((visit(tree) as Snapshot).entries)
}

async function packed(tree: Snapshot): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await writeLayer(upperChanges(emptySnapshot(), tree), (part) => parts.push(part.slice()))
  return joinBytes(...parts)
}

/** Links have their mode from the host, and their time is not set by every tar. */
const comparable = (tree: Snapshot) => listing(tree).map((one) => (one.type === 'symlink' ? { ...one, mode: 0, mtimeNs: 0n } : one))

describe.skipIf(!tar || !isRoot)('GNU tar, there and back', () => {
  it.each(['pax', 'gnu'])('keeps every tree (packed again as %s)', (format) => {
    let round = 0
    return fc.assert(
      fc.asyncProperty(randomTree, async (random) => {
        const tree = onHost(random)
        const place = join(base, `${format}-${round++}`)
        mkdirSync(join(place, 'root'), { recursive: true })
        writeFileSync(join(place, 'ours.tar'), await packed(tree))
        const attributes = ['--xattrs', '--xattrs-include=user.*', '--numeric-owner', '--same-owner', '-p']
        execFileSync(tar!, [...attributes, '-xf', join(place, 'ours.tar'), '-C', join(place, 'root')], {
          env,
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        // The form of GNU has no place for attributes and fractions of seconds.
        const options = format === 'pax' ? ['--xattrs', '--xattrs-include=user.*'] : []
        const args = [`--format=${format}`, '--numeric-owner', ...options, '-cf', join(place, 'theirs.tar'), '-C', join(place, 'root'), '.']
        execFileSync(tar!, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
        const back = tarTree(await readTar(memoryContent(new Uint8Array(readFileSync(join(place, 'theirs.tar'))))), { climbing: 'refuse' })
        const plain = (tree: Snapshot) =>
          comparable(tree).map((one) => {
            const { xattrs: _, ...rest } = one
            const seconds = rest.mtimeNs as bigint
            return { ...rest, mtimeNs: seconds - (((seconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n) }
          })
        if (format === 'pax') expect(comparable(back)).toEqual(comparable(tree))
        else expect(plain(back)).toEqual(plain(tree))
        rmSync(place, { recursive: true, force: true })
      }),
      { numRuns: 40 },
    )
  })
})

describe('tar-stream, there and back', () => {
  it('keeps every tree that it can write', () =>
    fc.assert(
      fc.asyncProperty(randomTree, async (random) => {
        const tree = onHost(random)
        const keep = async (chunks: AsyncIterable<Uint8Array>) => {
          const parts: Uint8Array[] = []
          for await (const chunk of chunks) parts.push(chunk.slice())
          return memoryContent(joinBytes(...parts))
        }
        let theirs: Uint8Array
        try {
          const parts: Uint8Array[] = []
          for await (const part of await packTree(tree)) parts.push(new Uint8Array(part as Uint8Array))
          theirs = joinBytes(...parts)
        } catch (error) {
          // Names and values that are no UTF-8: refused, never changed.
          expect(error).toMatchObject({ code: 'LAYER_VALUE_RANGE' })
          return
        }
        // What it wrote, read by us; and what it wrote, read by itself.
        expect(comparable(tarTree(await readTar(memoryContent(theirs)), { climbing: 'refuse' }))).toEqual(comparable(tree))
        expect(comparable(tarTree(await readTarStream(Readable.from([Buffer.from(theirs)]), keep), { climbing: 'refuse' }))).toEqual(
          comparable(tree),
        )
      }),
      { numRuns: 60 },
    ))
})
