/** What ADD makes of members of archives that are out of the ordinary: rules of the reference's own code that no recorded case shows. */
import { type BuildResult, build, snapshotContext } from '@layerwright/build'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, lookup } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'
import { pathsOf } from './support.js'

interface Member {
  readonly name: string
  /** Type flag of ustar: 0 file, 1 hard link, 2 symbolic link, 5 directory. */
  readonly type?: '0' | '1' | '2' | '5'
  readonly link?: string
  readonly mode?: number
  readonly owner?: number
  readonly text?: string
}

const BLOCK = 512

/** A ustar archive of these members, in their order. */
function tarOf(members: readonly Member[]): Uint8Array {
  const blocks = members.flatMap(({ name, type = '0', link = '', mode = 0o644, owner = 0, text = '' }) => {
    const header = new Uint8Array(BLOCK)
    const put = (value: string, at: number) => header.set(new TextEncoder().encode(value), at)
    const octal = (value: number, at: number, digits: number) => put(value.toString(8).padStart(digits, '0'), at)
    put(name, 0)
    octal(mode, 100, 7)
    octal(owner, 108, 7)
    octal(owner, 116, 7)
    octal(text.length, 124, 11)
    octal(1_000_000_000, 136, 11)
    put(' '.repeat(8), 148)
    put(type, 156)
    put(link, 157)
    put('ustar\x0000', 257)
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      6,
    )
    header[154] = 0
    const body = new Uint8Array(Math.ceil(text.length / BLOCK) * BLOCK)
    body.set(new TextEncoder().encode(text))
    return [header, body]
  })
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 2 * BLOCK))
  let at = 0
  for (const block of blocks) {
    bytes.set(block, at)
    at += block.length
  }
  return bytes
}

/** ADDs the members at /to, on top of what `make` puts into the context's folder `there`. */
async function added(members: readonly Member[], make: (fs: ReturnType<typeof createOverlay>) => void = () => {}, flags = '') {
  const fs = createOverlay(emptySnapshot(), { now: () => 0n })
  fs.mkdir('/there/to', { recursive: true })
  make(fs)
  fs.writeFile('/a.tar', tarOf(members))
  fs.writeFile('/Dockerfile', `FROM scratch\nCOPY there /\nADD ${flags} a.tar /to/\n`)
  return build({ context: snapshotContext(fs.freeze()), store: memoryStore() })
}

const look = (result: BuildResult, path: string): string => {
  const inode = lookup(layerSnapshot(result.image.unpacked), path)!
  return `${inode.mode.toString(8)} ${inode.uid}:${inode.gid}`
}

describe('links on the way to a member', () => {
  it('lead to places inside the destination, absolute and climbing ones too', async () => {
    const result = await added([{ name: 'l/f' }, { name: 'up/g' }], (fs) => {
      fs.mkdir('/there/in')
      fs.mkdir('/there/to/in')
      fs.symlink('/in', '/there/to/l')
      fs.symlink('../../in', '/there/to/up')
    })
    expect(pathsOf(result)).toEqual(['in', 'to', 'to/in', 'to/in/f', 'to/in/g', 'to/l', 'to/up'])
  })

  it.each([
    ['that lead nowhere are an error', 'nowhere', { code: 'CANNOT_REPLACE', message: 'mkdir /to/nowhere: file exists' }],
    ['that lead to a file are an error', 'file', { code: 'CANNOT_REPLACE', message: 'mkdir /to/file: not a directory' }],
    ['that lead in a circle are an error', 'l', { code: 'TOO_MANY_LINKS', message: 'too many links' }],
  ])('%s', async (_, target, error) => {
    await expect(added([{ name: 'file' }, { name: 'l', type: '2', link: target }, { name: 'l/x/f' }])).rejects.toMatchObject(error)
  })
})

describe('parents that an archive does not have', () => {
  it('belong to root, whoever owns the members', async () => {
    const result = await added([{ name: 'a/b/f', owner: 3 }], undefined, '--chown=7:8')
    expect(['/to/a', '/to/a/b', '/to/a/b/f'].map((path) => look(result, path))).toEqual(['755 0:0', '755 0:0', '644 7:8'])
  })
})

describe('a hard link in an archive', () => {
  it('gives its mode and owner to the file', async () => {
    const result = await added([
      { name: 'one', mode: 0o4755, owner: 3, text: 'x' },
      { name: 'two', type: '1', link: 'one', mode: 0o600, owner: 5 },
    ])
    expect([look(result, '/to/one'), look(result, '/to/two')]).toEqual(['600 5:5', '600 5:5'])
  })

  it('to a symbolic link leaves what that one names alone', async () => {
    const result = await added([
      { name: 'f', mode: 0o644, owner: 3 },
      { name: 'l', type: '2', link: 'f', owner: 3 },
      { name: 'm', type: '1', link: 'l', mode: 0o600, owner: 5 },
    ])
    expect(look(result, '/to/f')).toBe('644 3:3')
    expect(lookup(layerSnapshot(result.image.unpacked), '/to/m', { follow: false })).toMatchObject({ type: 'symlink', uid: 5 })
  })
})

it('a file that its name makes a directory is passed over with all that it holds', async () => {
  expect(pathsOf(await added([{ name: 'd/', text: 'listing' }, { name: 'f' }]))).toEqual(['to', 'to/d', 'to/f'])
})
