/** S19 (CVE-2024-9675): ids of cache mounts and names of volumes are opaque keys, hashed before they come near a path. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, memoryContext } from '@layerwright/build'
import { openEngine } from '@layerwright/container'
import { nodeHost } from '@layerwright/container/node'
import { simulatedShell } from '@layerwright/executor/shell'
import { openStore } from '@layerwright/store/node'
import { expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE } from '../../packages/build/test/support.js'
import { codeOf as containerCode, putImage } from '../../packages/container/test/fixture.js'
import { guarded, hostPaths } from './support.js'

const IDS = [
  '../../outside',
  '/outside',
  '..',
  '.',
  'a/../../b',
  '../outside/secret',
  'C:\\x',
  '__proto__',
  'x'.repeat(5000),
  'a\u0001b',
  'ünï',
]

/** Names that a store gives its own files: hexadecimal, and its few folders. */
const STORE_NAMES = /^(?:[0-9a-f]{64}|blobs|sha256|records|locks|tmp|version|store\.json|[\w.-]*layerwright[\w.-]*)$/

it.each(IDS)('S19 the cache mount id %j', (id) =>
  guarded(async ({ target, outside }) => {
    const store = await openStore(target, { fsync: false })
    const text = (line: string) => `${BASE_STAGE}FROM base\nRUN --mount=type=cache,target=/c,"id=${id}" ${line}\n`
    const run = (line: string) =>
      build({ context: memoryContext({ ...SHELL_BASE, Dockerfile: text(line) }), store, executor: simulatedShell() })
    await run('echo kept > /c/file')
    // It is the same cache the next time, and no other.
    await run('cat /c/file > /got && [ "$(cat /got)" = kept ]')
    store.close()
    const odd = hostPaths(target)
      .map((path) => path.split('/').at(-1)!)
      .filter((name) => !STORE_NAMES.test(name))
    expect(odd).toEqual([])
    expect(readdirSync(outside).sort()).toEqual(['folder', 'link', 'secret'])
  }),
)

it.each([...IDS.filter((id) => id !== 'ünï'), 'a b', '-x', ''])('S19 the volume name %j', (name) =>
  guarded(async ({ target }) => {
    const store = await openStore(target, { fsync: false })
    await putImage(store, 'app')
    const engine = openEngine({ store, executor: async () => simulatedShell(), host: nodeHost() })
    const code = await containerCode(engine.volumes.create({ name }))
    // What the rule for names lets through is a key like any other.
    if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= 255) expect(code).toBe('no error')
    else if (name === '') expect(code).toMatch(/^(no error|INVALID_VOLUME_NAME)$/)
    else expect(code).toBe('INVALID_VOLUME_NAME')
    for (const wanted of [name, `${name}/deep`]) {
      const mounts = [{ type: 'volume', source: wanted, target: '/m' }] as const
      const made = await containerCode(engine.containers.create({ image: 'app', mounts }))
      expect(made).toMatch(/^(no error|INVALID_VOLUME_NAME|INVALID_MOUNT_SPEC)$/)
    }
    store.close()
    expect(readdirSync(join(target, '..')).sort()).toEqual(['outside', 'target'])
    expect(
      hostPaths(target)
        .map((path) => path.split('/').at(-1)!)
        .filter((each) => !STORE_NAMES.test(each)),
    ).toEqual([])
  }),
)
