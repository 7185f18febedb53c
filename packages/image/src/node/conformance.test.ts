import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importImage, openImageFile, validateImage } from '@layerwright/image/node'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { contentDigest, type Inode, type Snapshot, walk } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../../../test/data/conformance/images/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'layerwright-image-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** The merged tree in the form of the listings. */
async function listing(tree: Snapshot): Promise<Record<string, Record<string, unknown>>> {
  const entries: Record<string, Record<string, unknown>> = {}
  for (const { path, inode } of walk(tree)) {
    if (path === '' || path === '/') continue
    entries[path.startsWith('/') ? path : `/${path}`] = await describeInode(inode)
  }
  return entries
}

async function describeInode(inode: Inode): Promise<Record<string, unknown>> {
  const mode = inode.type === 'symlink' ? {} : { mode: inode.mode.toString(8).padStart(4, '0') }
  const common = { type: inode.type, ...mode, uid: inode.uid, gid: inode.gid }
  if (inode.type === 'file') return { ...common, size: inode.content.size, sha256: (await contentDigest(inode.content)).slice(7) }
  return inode.type === 'symlink' ? { ...common, target: inode.target } : common
}

describe('the images of the conformance corpus', () => {
  const digests = JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8')) as Record<string, string>

  it.each(['base', 'configured', 'layered', 'trigger'])('%s: merged tree, digest and validity', async (name) => {
    const source = await openImageFile(join(folder, `${name}.tar`))
    try {
      const image = await source.image()
      expect(image.digest).toBe(digests[name])
      expect(await validateImage(image)).toEqual([])
      const stored = await importImage(memoryStore(), image)
      const expected = JSON.parse(readFileSync(join(folder, `${name}.listing.json`), 'utf8')) as {
        entries: Record<string, Record<string, unknown>>
        diffIds: string[]
      }
      for (const entry of Object.values(expected.entries)) delete entry.text
      expect(stored.unpacked.map((layer) => layer.diffId)).toEqual(expected.diffIds)
      expect(await listing(layerSnapshot(stored.unpacked))).toEqual(expected.entries)
    } finally {
      source.close()
    }
  })

  it('multi: a platform chooses, and none is a question', async () => {
    const source = await openImageFile(join(folder, 'multi.tar'))
    try {
      expect((await source.list()).map(({ platform, refs }) => [platform?.architecture, refs])).toEqual([
        ['amd64', ['latest']],
        ['arm64', ['latest']],
      ])
      for (const architecture of ['amd64', 'arm64']) {
        const image = await source.image({ platform: { os: 'linux', architecture }, ref: 'latest' })
        expect(image.platform.architecture).toBe(architecture)
        expect(await validateImage(image)).toEqual([])
      }
      expect((await source.image({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })).platform.architecture).toBe('arm64')
      await expect(source.image()).rejects.toMatchObject({ code: 'IMAGE_AMBIGUOUS' })
      await expect(source.image({ platform: { os: 'linux', architecture: 's390x' } })).rejects.toMatchObject({ code: 'PLATFORM_NOT_FOUND' })
      await expect(source.image({ ref: 'none' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    } finally {
      source.close()
    }
  })
})
