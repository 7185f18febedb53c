/** S17 (CVE-2024-40635): a user is a name or an id from 0 to 2^32-2; anything else is an error, and never root. */
import { writeLayer } from '@layerwright/layer'
import { createOverlay, emptySnapshot, fileInode, textContent } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, SHELL_BASE } from '../../packages/build/test/support.js'
import { codeOf as containerCode, fixture, output } from '../../packages/container/test/fixture.js'
import { pax } from '../../packages/layer/test/support.js'
import { codeOf, file, guarded, layer } from './support.js'

const BAD = [
  '4294967295',
  '4294967296',
  '4294967297',
  '18446744073709551616',
  '99999999999999999999999',
  '-1',
  '0x0',
  '1e3',
  '1.5',
  ' 0',
  '+1',
]

it.each(BAD)('S17 the user %j', (user) =>
  guarded(async () => {
    const { engine } = await fixture()
    for (const each of [user, `0:${user}`, `app:${user}`]) {
      const seen = output()
      expect(
        await containerCode(engine.containers.run({ image: 'app', user: each, command: ['pwd'] }, { onOutput: seen.onOutput })),
        each,
      ).toBe('NO_SUCH_USER')
      expect(seen.text()).toBe('')
    }
  }),
)

it.each(BAD.slice(0, 5))('S17 USER %s in a build', (user) =>
  guarded(async () => {
    const built = buildFiles({ ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nUSER ${user}\nRUN touch /made\n` })
    await expect(built).rejects.toMatchObject({ code: 'RUN_INVALID_USER' })
  }),
)

it.each(BAD.slice(0, 5))('S17 COPY --chown=%s', (id) =>
  guarded(async () => {
    for (const owner of [id, `0:${id}`])
      await expect(buildFiles({ Dockerfile: `FROM scratch\nCOPY --chown=${owner} a /\n`, a: '' })).rejects.toMatchObject({
        code: 'INVALID_OWNER',
      })
  }),
)

it('S17 the highest id is one', () =>
  guarded(async () => {
    const { engine } = await fixture()
    expect((await engine.containers.run({ image: 'app', user: '4294967294:4294967294' })).exitCode).toBe(0)
  }))

it.each([-1, 0.5, 2 ** 32, 2 ** 32 + 1000, Number.NaN])(
  'S17 no file and no archive gets the owner %d, which would be another one in 32 bits',
  (id) =>
    guarded(async () => {
      const overlay = createOverlay(emptySnapshot())
      overlay.writeFile('/a', '')
      expect(await codeOf(() => overlay.chown('/a', id, 0))).toBe('EINVAL')
      expect(await codeOf(() => overlay.chown('/a', 0, id))).toBe('EINVAL')
      for (const owner of [{ uid: id }, { gid: id }]) {
        const changes = [{ path: 'a', inode: fileInode(textContent(''), owner) }]
        expect(await codeOf(() => writeLayer(changes, () => {}))).toBe('LAYER_VALUE_RANGE')
      }
      for (const key of ['uid', 'gid'])
        expect(await codeOf(() => layer(pax({ [key]: String(id) }), file('a')))).toMatch(/^TAR_(PAX|HEADER)_INVALID$/)
    }),
)
