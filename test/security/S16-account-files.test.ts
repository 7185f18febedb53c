/** S16 (CVE-2024-9676): passwd and group are read from the tree, regular files only, and only so much of them. */
import { build, memoryContext } from '@layerwright/build'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup, type Overlay } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture, putImage } from '../../packages/container/test/fixture.js'
import { type RawMember, rawTar } from '../../packages/layer/test/support.js'
import { file, guarded, link } from './support.js'

const HOSTILE: readonly [string, (secret: string) => RawMember, (fs: Overlay, path: string, secret: string) => void, string][] = [
  ['a link to a host file', (to) => link('', to), (fs, path, to) => fs.symlink(to, path), 'NO_SUCH_USER'],
  [
    'a link that climbs',
    (to) => link('', `../../../../../..${to}`),
    (fs, path, to) => fs.symlink(`../../../../../..${to}`, path),
    'NO_SUCH_USER',
  ],
  ['a fifo', () => ({ name: '', type: '6' }), (fs, path) => fs.mknod(path, { type: 'fifo', mode: 0o644 }), 'NO_SUCH_USER'],
  [
    'a device',
    () => ({ name: '', type: '3' }),
    (fs, path) => fs.mknod(path, { type: 'char', mode: 0o644, major: 1, minor: 5 }),
    'NO_SUCH_USER',
  ],
  ['a directory', () => ({ name: '/', type: '5' }), (fs, path) => fs.mkdir(path), 'NO_SUCH_USER'],
  [
    'a file without an end',
    () => file('', `${'#'.repeat(1 << 20)}\napp:x:1:1::/:\n`),
    (fs, path) => fs.writeFile(path, `${'#'.repeat(1 << 20)}\napp:x:1:1::/:\n`),
    'RUN_ACCOUNT_FILE_TOO_LARGE',
  ],
]

it.each(HOSTILE)('S16 USER by name, where passwd is %s', (_, __, put, code) =>
  guarded(async ({ secret }) => {
    const { engine, store } = await fixture()
    for (const hostile of ['passwd', 'group']) {
      await putImage(store, hostile, {}, (fs) => {
        fs.unlink(`/etc/${hostile}`)
        put(fs, `/etc/${hostile}`, secret)
      })
    }
    expect(await containerCode(engine.containers.run({ image: 'passwd', user: 'app' }))).toBe(code)
    expect(await containerCode(engine.containers.run({ image: 'group', user: 'app:app' }))).toBe(code)
  }),
)

it.each(HOSTILE)('S16 COPY --chown by name, where passwd is %s', (_, member, __, code) =>
  guarded(async ({ secret }) => {
    const one = member(secret)
    const context = memoryContext({
      Dockerfile: 'FROM scratch AS base\nADD etc.tar /\nFROM base\nCOPY --chown=app a /a\n',
      'etc.tar': rawTar({ ...one, name: `etc/passwd${one.name as string}` }),
      a: 'a',
    })
    const made = build({ context, store: memoryStore() })
    if (code !== 'NO_SUCH_USER') {
      await expect(made).rejects.toMatchObject({ code })
      return
    }
    // A name that nobody knows is root here, as in the reference; whatever it is, it is not what the host's file says.
    expect(lookup(layerSnapshot((await made).image.unpacked), '/a')).toMatchObject({ uid: 0, gid: 0 })
  }),
)
