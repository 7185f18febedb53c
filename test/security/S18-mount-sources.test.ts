/** S18 (CVE-2024-1753): the source of a mount resolves inside its source tree, wherever its links point. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { expect, it } from 'vitest'
import { BASE_STAGE, textOf } from '../../packages/build/test/support.js'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { codeOf, guarded, SECRET } from './support.js'

const SOURCES = ['.', '/', '../..', '../outside', '/outside/secret', 'up', 'abs', 'abs/secret', 'up/outside/secret', 'chain', 'loop']

it.each(SOURCES)('S18 RUN --mount=type=bind,source=%s of a context with hostile links', (source) =>
  guarded(async ({ target, outside }) => {
    mkdirSync(join(target, 'rootfs/bin'), { recursive: true })
    writeFileSync(join(target, 'rootfs/bin/busybox'), '\x7fELF stub', { mode: 0o755 })
    symlinkSync('../../..', join(target, 'up'))
    symlinkSync(outside, join(target, 'abs'))
    symlinkSync('up/outside', join(target, 'chain'))
    symlinkSync('loop', join(target, 'loop'))
    const dockerfile = `${BASE_STAGE}FROM base\nRUN --mount=type=bind,target=/m,source=${source} cat /m /m/secret /m/outside/secret /m/target/x > /got 2>/dev/null; true\n`
    writeFileSync(join(target, 'Dockerfile'), dockerfile)
    let got: string | undefined = ''
    const code = await codeOf(async () => {
      got = await textOf(await build({ context: hostContext(target), store: memoryStore(), executor: simulatedShell() }), '/got')
    })
    expect(code).toMatch(/^(ok|SOURCE_NOT_FOUND|TOO_MANY_LINKS)$/)
    expect(got).not.toContain(SECRET.trim())
  }),
)

it('S18 the same with a stage as the source', () =>
  guarded(async ({ target, secret, outside }) => {
    mkdirSync(join(target, 'rootfs/bin'), { recursive: true })
    writeFileSync(join(target, 'rootfs/bin/busybox'), '\x7fELF stub', { mode: 0o755 })
    mkdirSync(join(target, 'evil'))
    symlinkSync(outside, join(target, 'evil/dir'))
    symlinkSync(secret, join(target, 'evil/file'))
    writeFileSync(
      join(target, 'Dockerfile'),
      `${BASE_STAGE}FROM scratch AS evil\nCOPY evil/ /\nFROM base\nRUN --mount=from=evil,target=/m cat /m/dir/secret /m/file > /got 2>/dev/null; true\n`,
    )
    const result = await build({ context: hostContext(target), store: memoryStore(), executor: simulatedShell() })
    expect(await textOf(result, '/got')).toBe('')
  }))

it('S18 a subpath of a volume does not climb', () =>
  guarded(async ({ outside }) => {
    const { engine } = await fixture()
    await engine.volumes.create({ name: 'vol' })
    await engine.volumes.filesystem('vol', (fs) => fs.symlink(outside, '/out'))
    for (const subpath of ['..', '../x', 'out', 'out/secret', '/out', 'a/../../x']) {
      const mounts = [{ type: 'volume', source: 'vol', target: '/m', volume: { subpath } }] as const
      const made = engine.containers.create({ image: 'app', hold: true, mounts })
      const code = await containerCode(made.then((box) => box.start()))
      expect(code, subpath).toMatch(/^(INVALID_MOUNT_SPEC|PATH_NOT_FOUND|ENOENT)$/)
    }
  }))
