/** S32 (CVE-2024-24557): a key covers the whole config, and an image that was imported is never a cache entry. */
import { build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { type ImageConfig, makeImage, tagImage } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { type MaintainedStore, memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE } from '../../packages/build/test/support.js'
import { guarded } from './support.js'

const FIELDS: readonly [string, string, string][] = [
  ['HEALTHCHECK', 'HEALTHCHECK CMD true', 'HEALTHCHECK CMD false'],
  ['HEALTHCHECK options', 'HEALTHCHECK --interval=5s CMD true', 'HEALTHCHECK --interval=6s CMD true'],
  ['ONBUILD', 'ONBUILD RUN a', 'ONBUILD RUN b'],
  ['ENV', 'ENV a=1', 'ENV a=2'],
  ['USER', 'USER 1', 'USER 2'],
  ['WORKDIR', 'WORKDIR /a', 'WORKDIR /b'],
  ['SHELL', 'SHELL ["/bin/sh","-c"]', 'SHELL ["/bin/sh","-ec"]'],
  ['ENTRYPOINT', 'ENTRYPOINT ["a"]', 'ENTRYPOINT ["b"]'],
  ['CMD', 'CMD a', 'CMD b'],
  ['LABEL', 'LABEL a=1', 'LABEL a=2'],
  ['EXPOSE', 'EXPOSE 1', 'EXPOSE 2'],
  ['VOLUME', 'VOLUME /a', 'VOLUME /b'],
  ['STOPSIGNAL', 'STOPSIGNAL 1', 'STOPSIGNAL 2'],
]

it.each(FIELDS)('S32 images that differ in %s are two images, however warm the cache is', (_, one, other) =>
  guarded(async () => {
    const warm = memoryStore()
    const text = (line: string) => `${BASE_STAGE}FROM base\n${line}\nRUN true\n`
    const run = (line: string, store: MaintainedStore) =>
      build({ context: memoryContext({ ...SHELL_BASE, Dockerfile: text(line) }), store, executor: simulatedShell() })
    const first = await run(one, warm)
    const second = await run(other, warm)
    expect(second.image.digest).not.toBe(first.image.digest)
    // What the cache gives is what a build without one gives.
    expect(second.image.digest).toBe((await run(other, memoryStore())).image.digest)
    expect((await run(one, warm)).image.digest).toBe(first.image.digest)
  }),
)

it.each([
  ['the environment', 'ENV X=1', 'ENV X=2'],
  ['the user', 'USER 1', 'USER 2'],
  ['the folder', 'WORKDIR /tmp/a', 'WORKDIR /tmp/b'],
  ['the shell', 'SHELL ["/bin/sh","-c"]', 'SHELL ["/bin/sh","-ec"]'],
  ['an argument', 'ARG X=1', 'ARG X=2'],
])('S32 a RUN runs again where %s is another', (_, one, other) =>
  guarded(async () => {
    const store = memoryStore()
    const run = (line: string) =>
      build({
        context: memoryContext({ ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\n${line}\nRUN true\n` }),
        store,
        executor: simulatedShell(),
      })
    await run(one)
    expect((await run(other)).steps.at(-1)?.outcome).toBe('ran')
    expect((await run(one)).steps.at(-1)?.outcome).toBe('cached')
  }),
)

it.each(['FROM scratch\n', 'FROM poisoned\n'])('S32 an imported image that claims to be the result of a step is none (%j)', (from) =>
  guarded(async () => {
    const store = memoryStore()
    const dockerfile = `${from}COPY a /a\n`
    const context = () => memoryContext({ Dockerfile: dockerfile, a: 'honest' })
    // A base that both builds may stand on, and an image above it with the honest history and a poisoned layer.
    const base = createOverlay(emptySnapshot())
    base.writeFile('/base', 'base')
    const baseLayer = await storeLayer(store, base.changes())
    const config = (history: ImageConfig['history']): Omit<ImageConfig, 'rootfs'> => ({
      os: 'linux',
      architecture: 'amd64',
      config: {},
      history: history ?? [],
    })
    await tagImage(store, 'poisoned', makeImage({ config: config([{ created_by: 'base' }]), layers: [baseLayer] }))
    const honest = await build({ context: context(), store: memoryStore(), contexts: new Map(), images: async () => undefined }).catch(
      () => undefined,
    )
    const poison = createOverlay(emptySnapshot())
    poison.writeFile('/a', 'poison')
    const poisonLayer = await storeLayer(store, poison.changes())
    const lie = makeImage({
      config: config([{ created_by: 'base' }, { created_by: 'COPY a /a # buildkit' }]),
      layers: from === 'FROM scratch\n' ? [poisonLayer] : [baseLayer, poisonLayer],
    })
    await tagImage(store, 'lie', lie)
    await tagImage(store, 'cache:latest', lie)
    const result = await build({ context: context(), store })
    expect(result.steps.map(({ outcome }) => outcome)).toEqual(['ran'])
    const blob = await store.blob(result.steps[0]!.layer!.diffId)
    let text = ''
    for await (const chunk of blob!.stream()) text += new TextDecoder('latin1').decode(chunk)
    expect(text).toContain('honest')
    expect(text).not.toContain('poison')
    if (honest) expect(result.image.digest).toBe(honest.image.digest)
  }),
)
