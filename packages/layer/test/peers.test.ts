/** What GNU tar and tar-stream make of our tars, and we of theirs. */
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { importLayer, indexLayer, layerSnapshot, readTar, type TarEntry, tarTree, writeLayer } from '@layerwright/layer'
import { compressGzip, decompress, importLayer as importNode, packTree, readTarStream } from '@layerwright/layer/node'
import {
  type Content,
  decodeName,
  dirInode,
  emptySnapshot,
  fifoInode,
  fileInode,
  memoryContent,
  readAll,
  type Snapshot,
  symlinkInode,
  textContent,
  upperChanges,
} from '@layerwright/vfs'
import { extract, pack } from 'tar-stream'
import { afterAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { join as joinBytes, listing, pax, rawTar, tinyStore } from './support.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-tar-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const tar = requireTool('tar')
const zstd = requireTool('zstd')
const isRoot = process.getuid?.() === 0

const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(110)}`
const SECOND = 1_000_000_000n

/** Everything that both peers can hold. */
function sampleTree(): Snapshot {
  const shared = fileInode(textContent('shared'), { mode: 0o4711, uid: 1000, gid: 1001, mtimeNs: 1_600_000_000n * SECOND })
  const deep = dirInode(new Map([['e'.repeat(90), dirInode(new Map([['f'.repeat(110), fileInode(textContent('deep'))]]))]]), {
    mode: 0o700,
  })
  return dirInode(
    new Map<string, ReturnType<typeof fileInode> | Snapshot | ReturnType<typeof symlinkInode> | ReturnType<typeof fifoInode>>([
      ['a', shared],
      ['b', shared],
      ['big', fileInode(memoryContent(new Uint8Array(70_000).fill(5)), { mtimeNs: 1_700_000_000_123_456_789n, uid: 3_000_000 })],
      ['d'.repeat(90), deep],
      ['empty', fileInode(textContent(''))],
      ['fifo', fifoInode({ mode: 0o600 })],
      ['old', fileInode(textContent('1969'), { mtimeNs: -1_500_000_000n })],
      ['far', fileInode(textContent('2100'), { mtimeNs: 4_102_444_800n * SECOND })],
      ['ünï', symlinkInode('../x')],
      ['toLong', symlinkInode('t'.repeat(150))],
    ]),
  )
}

async function bytesOf(tree: Snapshot): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await writeLayer(upperChanges(emptySnapshot(), tree), (part) => parts.push(part.slice()))
  return joinBytes(...parts)
}

const file = async (path: string, bytes: Uint8Array) => {
  writeFileSync(join(base, path), bytes)
  return join(base, path)
}
const gnu = (...args: string[]) =>
  execFileSync(tar!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' } })

/** A host folder in the form of `listing`, as far as the host keeps it. */
function hostListing(dir: Buffer, prefix = ''): Record<string, unknown>[] {
  return readdirSync(dir, { encoding: 'buffer' })
    .sort(Buffer.compare)
    .flatMap((name) => {
      const path = Buffer.concat([dir, Buffer.from('/'), name])
      const stat = lstatSync(path, { bigint: true })
      const type = stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : stat.isFIFO() ? 'fifo' : 'file'
      const own = type === 'file' ? { data: readFileSync(path, 'base64') } : type === 'symlink' ? { target: readlinkSync(path) } : {}
      const facts = {
        mode: Number(stat.mode & 0o7777n),
        mtimeNs: stat.mtimeNs,
        uid: Number(stat.uid),
        nlink: type === 'dir' ? 0 : Number(stat.nlink),
      }
      const entry = { path: prefix + decodeName(name), type, ...facts, ...own }
      return [entry, ...(type === 'dir' ? hostListing(path, `${entry.path}/`) : [])]
    })
}

describe.skipIf(!tar)('GNU tar', () => {
  it('unpacks what we write to the same tree', async () => {
    const tree = sampleTree()
    const archive = await file('ours.tar', await bytesOf(tree))
    const dir = join(base, 'unpacked')
    mkdirSync(dir)
    gnu('-xpf', archive, '-C', dir)
    const found = new Map(hostListing(Buffer.from(dir)).map((entry) => [entry.path, entry]))
    for (const one of listing(tree)) {
      const { path, type, mode, mtimeNs, uid, size, digest, linked, target } = one
      const host = found.get(path)
      found.delete(path)
      expect(host, String(path)).toMatchObject({
        type,
        ...(type === 'symlink' ? { target } : { mode, mtimeNs }),
        ...(isRoot ? { uid } : {}),
      })
      if (type === 'file') expect(host?.nlink).toBe(linked ? 2 : 1)
      if (size !== undefined && digest) expect(Buffer.from(String(host?.data), 'base64').length).toBe(size)
    }
    expect([...found.keys()]).toEqual([])
  })

  it.each(['gnu', 'pax', 'oldgnu', 'ustar', 'v7', 'posix'])('writes format %s, which we read as the same tree', async (format) => {
    const dir = join(base, `from-${format}`)
    mkdirSync(join(dir, 'sub'), { recursive: true })
    writeFileSync(join(dir, 'a'), 'hello', { mode: 0o640 })
    linkSync(join(dir, 'a'), join(dir, 'sub', 'hard'))
    symlinkSync('../nowhere', join(dir, 'sub', 'soft'))
    writeFileSync(join(dir, 'sub', 'n'.repeat(80)), 'x'.repeat(3000))
    utimesSync(join(dir, 'sub', 'n'.repeat(80)), 1_500_000_000, 1_400_000_000)
    const richer = !['ustar', 'v7'].includes(format)
    if (richer) {
      mkdirSync(join(dir, long, '..'), { recursive: true })
      writeFileSync(join(dir, long), 'long')
      symlinkSync('l'.repeat(180), join(dir, 'long-target'))
      writeFileSync(Buffer.concat([Buffer.from(`${dir}/bytes-`), Buffer.of(0xff, 0xfe)]), 'raw')
    }
    const archive = join(base, `${format}.tar`)
    gnu(`--format=${format}`, '--sort=name', '-cf', archive, '-C', dir, '.')
    const tree = tarTree(await readTar(memoryContent(readFileSync(archive))))
    const expected = new Map(hostListing(Buffer.from(dir)).map((one) => [one.path, one]))
    for (const one of listing(tree)) {
      const host = expected.get(one.path)
      expect(host, String(one.path)).toMatchObject({
        type: one.type,
        ...(one.type === 'symlink' ? { target: one.target } : { mode: one.mode, uid: one.uid }),
      })
      // Whole seconds but in PAX.
      const exact = format === 'pax' || format === 'posix'
      if (one.type !== 'symlink') expect(one.mtimeNs).toBe(exact ? host!.mtimeNs : ((host!.mtimeNs as bigint) / SECOND) * SECOND)
    }
    expect(listing(tree).length).toBe(expected.size)
    expect(tree.entries.get('a')).toBe((tree.entries.get('sub') as Snapshot).entries.get('hard'))
    if (richer) expect([...tree.entries.keys()]).toContain('bytes-\udcff\udcfe')
  })

  it.each([
    ['gnu', []],
    ['pax', ['--sparse-version=1.0']],
    ['pax', ['--sparse-version=0.1']],
    ['pax', ['--sparse-version=0.0']],
  ])('writes sparse files (%s %j), which we read whole', async (format, options) => {
    const dir = join(base, `sparse-${format}-${options.join('')}`)
    mkdirSync(dir)
    const fd = openSync(join(dir, 'sparse'), 'w')
    // More runs than one old GNU header holds.
    for (let i = 0; i < 30; i++) writeSync(fd, Buffer.from(`run ${i}`), 0, null, i * 1_000_000 + 17)
    ftruncateSync(fd, 40_000_001)
    closeSync(fd)
    writeFileSync(join(dir, 'z-after'), 'after')
    const archive = join(base, 'sparse.tar')
    gnu(`--format=${format}`, '--sort=name', ...options, '-Scf', archive, '-C', dir, 'sparse', 'z-after')
    const bytes = readFileSync(archive)
    expect(bytes.length).toBeLessThan(1_000_000)
    for (const content of [
      memoryContent(bytes),
      { size: bytes.length, stream: (start?: number, end?: number) => memoryContent(bytes).stream(start, end) },
    ]) {
      const [sparse, after] = await readTar(content)
      expect([sparse?.name, after?.name]).toEqual(['sparse', 'z-after'])
      const whole = await readAll(sparse!.content!)
      expect(Buffer.compare(whole, readFileSync(join(dir, 'sparse')))).toBe(0)
      const part: Uint8Array[] = []
      for await (const chunk of sparse!.content!.stream(1_999_990, 2_000_040)) part.push(chunk.slice())
      expect(Buffer.compare(Buffer.concat(part), whole.subarray(1_999_990, 2_000_040))).toBe(0)
    }
    const blob = memoryContent(bytes)
    const index = await indexLayer(blob, { digests: true })
    const tree = layerSnapshot([{ diffId: index.diffId, blob, index }])
    expect((tree.entries.get('sparse') as { content: Content }).content.size).toBe(40_000_001)
  })

  it('writes owners beyond octal digits', async () => {
    const archive = join(base, 'owners.tar')
    writeFileSync(join(base, 'one'), '1')
    for (const format of ['gnu', 'pax']) {
      gnu(`--format=${format}`, '--owner=:4000000000', '--group=:3000000', '--mtime=@-12345', '-cf', archive, '-C', base, 'one')
      expect(await readTar(memoryContent(readFileSync(archive)))).toMatchObject([
        { uid: 4_000_000_000, gid: 3_000_000, mtimeNs: -12_345n * SECOND },
      ])
    }
  })
})

describe('tar-stream', () => {
  it('reads what we write', async () => {
    const bytes = await bytesOf(sampleTree())
    const seen: string[] = []
    const parser = extract()
    Readable.from([Buffer.from(bytes)]).pipe(parser)
    for await (const entry of parser) {
      seen.push(`${entry.header.type} ${entry.header.name} ${entry.header.linkname ?? ''} ${entry.header.size}`)
      entry.resume()
    }
    const written = (await readTar(memoryContent(bytes))).map(({ kind, name, linkName, content }) => {
      const type = kind === 'dir' ? 'directory' : kind === 'hardlink' ? 'link' : kind
      return `${type} ${name.replace(/\/$/, '/')} ${linkName} ${content?.size ?? 0}`
    })
    expect(seen.map((line) => line.replace('null', ''))).toEqual(written)
  })
  it('writes what we read', async () => {
    const packer = pack()
    const mtime = new Date(1_600_000_000_000)
    packer.entry({ name: 'dir/', type: 'directory', mode: 0o711, mtime })
    packer.entry({ name: 'dir/ünï', mode: 0o600, uid: 7, gid: 8, mtime }, 'content')
    packer.entry({ name: `dir/${'x'.repeat(200)}`, mtime }, 'long')
    packer.entry({ name: 'dev', type: 'character-device', devmajor: 1, devminor: 3, mtime })
    packer.entry({ name: 'hard', type: 'link', linkname: 'dir/ünï', mtime })
    packer.finalize()
    const parts: Uint8Array[] = []
    for await (const part of packer) parts.push(part as Uint8Array)
    const tree = tarTree(await readTar(memoryContent(joinBytes(...parts))))
    expect(listing(tree).map((one) => `${one.type} ${one.path} ${one.mode}`)).toEqual([
      'char dev 420',
      'dir dir 457',
      `file dir/${'x'.repeat(200)} 420`,
      'file dir/ünï 384',
      'file hard 384',
    ])
  })
  it('the adapter takes a tree through it and back', async () => {
    const tree = sampleTree()
    const keep = async (chunks: AsyncIterable<Uint8Array>) => {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk.slice())
      return memoryContent(joinBytes(...parts))
    }
    const entries: TarEntry[] = await readTarStream(await packTree(tree), keep)
    expect(listing(tarTree(entries, { climbing: 'refuse' }))).toEqual(listing(tree))
  })
})

describe('compression', () => {
  const plain = rawTar({ name: 'a', data: 'x'.repeat(100_000) }, { name: 'b', data: 'y' })
  const gz = gzipSync(plain)
  const importers = { portable: importLayer, node: importNode }
  it.each(Object.entries(importers))('gzip, %s', async (_, importer) => {
    const layer = await importer(tinyStore(), memoryContent(gz), { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' })
    expect(layer.blob.size).toBe(plain.length)
    expect(layer.index.find('b')?.size).toBe(1)
    await expect(importer(tinyStore(), memoryContent(gz.subarray(0, gz.length - 20)))).rejects.toMatchObject({
      code: 'COMPRESSION_INVALID',
    })
    const damaged = new Uint8Array(gz)
    damaged[60]! ^= 0x55
    await expect(importer(tinyStore(), memoryContent(damaged))).rejects.toMatchObject({
      code: expect.stringMatching(/^(COMPRESSION|TAR_HEADER)_INVALID$/),
    })
  })
  it('gzip of several members, as estargz and pigz write it', async () => {
    const parts = [gzipSync(plain.subarray(0, 5000)), gzipSync(plain.subarray(5000))]
    expect((await importNode(tinyStore(), memoryContent(joinBytes(...parts)))).blob.size).toBe(plain.length)
  })
  it.skipIf(!zstd)('zstd, in one frame or several', async () => {
    const path = await file('plain.tar', plain)
    const frame = execFileSync(zstd!, ['-qc', path])
    const halves = [plain.subarray(0, 50_000), plain.subarray(50_000)].map((half) => execFileSync(zstd!, ['-qc'], { input: half }))
    const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)
    for (const importer of Object.values(importers)) {
      for (const bytes of [frame, joinBytes(...halves), joinBytes(frame, skippable)])
        expect((await importer(tinyStore(), memoryContent(bytes))).blob.size).toBe(plain.length)
      await expect(importer(tinyStore(), memoryContent(frame.subarray(0, frame.length - 9)))).rejects.toMatchObject({
        code: 'COMPRESSION_INVALID',
      })
    }
  })
  it('gzip that we write is the same each time, and unpacks to what it was', async () => {
    const once = async () => {
      const parts: Uint8Array[] = []
      for await (const part of compressGzip(memoryContent(plain).stream())) parts.push(part.slice())
      return joinBytes(...parts)
    }
    const bytes = await once()
    expect(Buffer.compare(bytes, await once())).toBe(0)
    const parts: Uint8Array[] = []
    for await (const part of decompress(memoryContent(bytes).stream(), 'gzip')) parts.push(part)
    expect(Buffer.compare(joinBytes(...parts), plain)).toBe(0)
  })
  it('global and local PAX records, the later beats the earlier, an empty value takes back', async () => {
    const entries = await readTar(
      memoryContent(
        rawTar(pax({ uid: '5', comment: 'x' }, 'g'), { name: 'a' }, pax({ uid: '6' }), { name: 'b' }, { name: 'c' }, pax({ uid: '' }), {
          name: 'd',
        }),
      ),
    )
    expect(entries.map(({ uid }) => uid)).toEqual([5, 6, 5, 0])
  })
})
