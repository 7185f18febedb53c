/** S26 (CVE-2026-33747): paths in a store or a layout derive from digests only, whatever a document says. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, sha256 } from '@layerwright/digest'
import { importImage } from '@layerwright/image'
import { openImageFile, openLayout } from '@layerwright/image/node'
import { openStore } from '@layerwright/store/node'
import { expect, it } from 'vitest'
import { type RawMember, rawTar } from '../../packages/layer/test/support.js'
import { codeOf, file, guarded, hostPaths, SECRET } from './support.js'

const DIGESTS = [
  'sha256:../../outside/secret',
  '../../outside/secret',
  'sha256:',
  `sha256:${'A'.repeat(64)}`,
  'sha256:x/../../y',
  `md5:${'0'.repeat(32)}`,
  '',
]
const real = sha256(SECRET)

it.each(DIGESTS)('S26 the digest %j reaches no file of a store', (digest) =>
  guarded(async ({ target }) => {
    const store = await openStore(target, { fsync: false })
    const hostile = digest as Digest
    expect(await codeOf(() => store.blob(hostile))).toBe('DIGEST_INVALID')
    const writer = store.writer()
    writer.write(new TextEncoder().encode('x'))
    expect(await codeOf(() => writer.commit({ digest: hostile }))).toMatch(/^DIGEST_(INVALID|MISMATCH)$/)
    await store.collect(new Set([hostile]))
    store.close()
    expect(hostPaths(target).filter((path) => /^blobs\/sha256\/|^tmp\//.test(path))).toEqual([])
  }),
)

it.each(['../../outside', '/outside/planted', '..', '.', '', 'a/b', '\0', '__proto__'])(
  'S26 records named %j are kept under hashes',
  (name) =>
    guarded(async ({ target }) => {
      const store = await openStore(target, { fsync: false })
      await store.putRecord(name, name, new TextEncoder().encode('one'))
      await store.putRecord('kind', name, new TextEncoder().encode('two'))
      expect(await store.record(name, name)).toEqual(new TextEncoder().encode('one'))
      expect(await store.recordKeys(name)).toEqual([name])
      await store.lock(name, async () => {})
      await store.deleteRecord(name, name)
      expect(await store.record(name, name)).toBeUndefined()
      store.close()
    }),
)

/** A layout whose documents name `digest` where a blob should be. */
function layout(dir: string, manifest: unknown, descriptor: object = {}): void {
  mkdirSync(join(dir, 'blobs/sha256'), { recursive: true })
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const text = JSON.stringify(manifest)
  writeFileSync(join(dir, 'blobs/sha256', sha256(text).slice(7)), text)
  const one = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: sha256(text), size: text.length, ...descriptor }
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [one] }))
}
const descriptor = (mediaType: string, digest: string) => ({ mediaType, digest, size: SECRET.length })
const manifestWith = (config: string, layer: string) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: descriptor('application/vnd.oci.image.config.v1+json', config),
  layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
})

it.each(DIGESTS)('S26 a layout that names %j', (digest) =>
  guarded(async ({ target }) => {
    const cases: [unknown, object][] = [
      [manifestWith(digest, real), {}],
      [manifestWith(real, digest), {}],
      [manifestWith(real, real), { digest }],
    ]
    for (const [i, [manifest, more]] of cases.entries()) {
      const dir = join(target, String(i))
      layout(dir, manifest, more)
      const store = await openStore(join(target, `store${i}`), { fsync: false })
      const code = await codeOf(async () => {
        const source = await openLayout(dir)
        await importImage(store, await source.image())
      })
      expect(code).toMatch(/^(DIGEST_INVALID|DOCUMENT_INVALID|LAYOUT_INVALID|[A-Z]+_INVALID)$/)
      store.close()
    }
  }),
)

it('S26 a docker-archive that names files outside, and links in it, are names in the archive only', () =>
  guarded(async ({ target, secret, root }) => {
    mkdirSync(target)
    const manifest = (config: string, layer: string) => JSON.stringify([{ Config: config, RepoTags: null, Layers: [layer] }])
    const hostile: RawMember[][] = [
      [file('manifest.json', manifest(secret, '../outside/secret'))],
      [file('manifest.json', manifest('../outside/secret', secret))],
      [
        file('manifest.json', manifest('c.json', 'l.tar')),
        { name: 'c.json', type: '2', link: secret },
        { name: 'l.tar', type: '2', link: secret },
      ],
    ]
    for (const [i, members] of hostile.entries()) {
      const path = join(target, `${i}.tar`)
      writeFileSync(path, rawTar(...members))
      expect(
        await codeOf(async () => {
          const source = await openImageFile(path)
          try {
            await source.image()
          } finally {
            await source.close?.()
          }
        }),
      ).toMatch(/^(FILE_MISSING|ARCHIVE_INVALID|BLOB_MISSING)$/)
    }
    // A blob of a layout that is a link is not what its name says.
    layout(join(target, 'linked'), manifestWith(real, real))
    symlinkSync(secret, join(target, 'linked/blobs/sha256', real.slice(7)))
    expect(root).not.toBe(target)
  }))
