/** S39: keys that users choose are keys, whatever JavaScript makes of them elsewhere. */
import { build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { parseConfig } from '@layerwright/image'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { afterEach, expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE, textOf } from '../../packages/build/test/support.js'
import { fixture } from '../../packages/container/test/fixture.js'
import { file, guarded, layer, paths, treeOf } from './support.js'

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
const clean = Object.getOwnPropertyNames(Object.prototype).sort().join()

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(clean)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

it.each(KEYS)('S39 %s as a file, an attribute and a store’s record', (key) =>
  guarded(async () => {
    expect(paths(treeOf(await layer(file(`${key}/${key}`))))).toEqual([key, `${key}/${key}`])
    const overlay = createOverlay(emptySnapshot())
    overlay.writeFile(`/${key}`, 'x')
    overlay.setxattr(`/${key}`, `user.${key}`, Uint8Array.of(1))
    expect(overlay.stat(`/${key}`).xattrs?.get(`user.${key}`)).toEqual(Uint8Array.of(1))
    const store = memoryStore()
    expect(await store.record(key, key)).toBeUndefined()
    await store.putRecord(key, key, Uint8Array.of(2))
    expect([await store.record(key, key), await store.recordKeys(key)]).toEqual([Uint8Array.of(2), [key]])
  }),
)

it.each(KEYS)('S39 %s as a label, a variable, an argument and a volume of a build', (key) =>
  guarded(async () => {
    const dockerfile = `${BASE_STAGE}FROM base AS st
ARG ${key}=1
ENV ${key}=polluted
LABEL ${key}=polluted
VOLUME /${key}
RUN echo "$${key}" > /got
FROM st
COPY --from=st /got /${key}/got
`
    const result = await build({
      context: memoryContext({ ...SHELL_BASE, Dockerfile: dockerfile }),
      store: memoryStore(),
      executor: simulatedShell(),
      labels: new Map([
        [`x.${key}`, 'y'],
        [key, 'option'],
      ]),
      buildArgs: new Map([[key, '2']]),
    })
    const config = result.image.config.config as { Labels: object; Env: string[]; Volumes: object }
    expect(Object.entries(config.Labels)).toContainEqual([key, 'option'])
    expect(config.Env).toContain(`${key}=polluted`)
    expect(Object.keys(config.Volumes)).toEqual([`/${key}`])
    expect(await textOf(result, '/got')).toBe('polluted\n')
    expect(paths(layerSnapshot(result.image.unpacked))).toContain(`${key}/got`)
  }),
)

it.each(KEYS)('S39 %s in a foreign config and in a container', (key) =>
  guarded(async () => {
    const text = `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"${key}":"image"},"Volumes":{"${key}":{}}},"${key}":{"polluted":true}}`
    const parsed = parseConfig(new TextEncoder().encode(text), 'a config')
    expect(Object.entries(parsed.config?.Labels ?? {})).toEqual([[key, 'image']])
    const { engine } = await fixture({}, { Labels: JSON.parse(`{"${key}": "image", "other": "o"}`) })
    const box = await engine.containers.create({ image: 'app', labels: new Map([[key, 'run']]), env: [`${key}=x`] })
    const { Labels, Env } = (await box.inspect()).Config
    expect(Object.entries(Labels ?? {}).sort()).toEqual(
      [
        [key, 'run'],
        ['other', 'o'],
      ].sort(),
    )
    expect(Env).toContain(`${key}=x`)
    const name = `v${key}`
    await engine.volumes.create({ name, labels: new Map([[key, 'y']]) })
    expect([...(await engine.volumes.inspect(name)).labels]).toEqual([[key, 'y']])
  }),
)
