/** S20 (CVE-2024-9407): the set of mount options is closed; what is not in it is an error and never handed on. */
import { expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, SHELL_BASE } from '../../packages/build/test/support.js'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { codeOf, guarded } from './support.js'

const BUILD = [
  'type=bind,target=/m,bind-propagation=rshared',
  'type=bind,target=/m,relabel=shared',
  'type=bind,target=/m,z',
  'type=bind,target=/m,O',
  'type=bind,target=/m,__proto__=x',
  'type=bind,target=/m,constructor=x',
  'type=cache,target=/m,sharing=exclusive',
  'type=tmpfs,target=/m,size=lots',
  'type=tmpfs,target=/m,noexec',
  'type=bind,target=/m,upperdir=/x',
  'type=volume,target=/m',
  'type=overlay,target=/m',
  'type=bind,target=/m,required=true',
  'type=secret,id=x,size=1',
]

it.each(BUILD)('S20 RUN --mount=%s', (mount) =>
  guarded(async () => {
    let ran = false
    const executor = {
      class: 'test',
      simulated: false,
      async run() {
        ran = true
        return { exitCode: 0 }
      },
    }
    const made = buildFiles({ ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nRUN --mount=${mount} true\n` }, { executor })
    expect(await codeOf(() => made)).toMatch(/^[A-Z]+(_[A-Z]+)+$/)
    expect(ran).toBe(false)
  }),
)

const RUN = [
  'type=bind,source=/x,target=/m,bind-propagation=sideways',
  'type=bind,source=/x,target=/m,upperdir=/x',
  'type=volume,source=v,target=/m,volume-opt',
  'type=volume,source=v,target=/m,__proto__=x',
  'type=tmpfs,target=/m,tmpfs-mode=rw',
  'type=tmpfs,target=/m,source=/etc',
  'type=overlay,target=/m',
  'type=bind,source=/x,target=/m,volume-nocopy=true',
]

it.each(RUN)('S20 --mount %s', (mount) =>
  guarded(async () => {
    const { engine } = await fixture()
    expect(await containerCode(engine.containers.create({ image: 'app', mounts: [mount] }))).toBe('INVALID_MOUNT_SPEC')
    expect(await engine.volumes.list()).toEqual([])
  }),
)

it.each(['v:/m:sideways', 'v:/m:rw,ro', 'v:/m:O', 'v:/m:upperdir=/x', '/x:/m:nocopy', 'v:/m:z,sideways'])('S20 -v %s', (volume) =>
  guarded(async () => {
    const { engine } = await fixture()
    expect(await containerCode(engine.containers.create({ image: 'app', volumes: [volume] }))).toBe('INVALID_MOUNT_SPEC')
    expect(await engine.volumes.list()).toEqual([])
  }),
)

it.each(['/m:exec=yes', '/m:upperdir=/x', '/m:size=lots', '/m:mode=999', '/m:__proto__'])('S20 --tmpfs %s', (tmpfs) =>
  guarded(async () => {
    const { engine } = await fixture()
    // An engine reads them at start.
    expect(await containerCode(engine.containers.run({ image: 'app', tmpfs: [tmpfs] }))).toBe('INVALID_MOUNT_SPEC')
  }),
)
