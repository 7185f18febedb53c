import { describe, expect, it } from 'vitest'
import { configOf, historyOf, PATH, resolve, runOf, targetOf } from './support.js'

const envOf = async (...parameters: Parameters<typeof configOf>) => (await configOf(...parameters)).Env?.filter((entry) => entry !== PATH)
const inRun = async (...parameters: Parameters<typeof runOf>) => Object.fromEntries((await runOf(...parameters)).env)

describe('ARG and ENV', () => {
  it('lets the later of the two win, and keeps the argument out of the image', async () => {
    const text = 'FROM scratch\nENV B=env\nARG B\nENV C=$B\nRUN x\n'
    expect(await envOf(text, { args: { B: 'arg' } })).toEqual(['B=env', 'C=arg'])
    expect(await inRun(text, { args: { B: 'arg' } })).toMatchObject({ B: 'arg', C: 'arg' })
    expect(await envOf('FROM scratch\nARG B=arg\nENV B=env\nENV C=$B\n')).toEqual(['B=env', 'C=env'])
  })
  it('leaves an earlier value where ARG has none', async () => {
    expect(await envOf('FROM scratch\nARG A=1\nARG A\nENV C=$A\n')).toEqual(['C=1'])
  })
  it('prefers the build argument to the default, and an empty one counts', async () => {
    expect(await envOf('FROM scratch\nARG A=1\nENV C=$A.\n', { args: { A: '' } })).toEqual(['C=.'])
  })
  it('inherits a global argument by name alone', async () => {
    expect(await envOf('ARG A=1\nFROM scratch\nENV C=$A.\n')).toEqual(['C=.'])
    expect(await envOf('ARG A=1\nFROM scratch\nARG A\nENV C=$A.\n')).toEqual(['C=1.'])
    expect(await envOf('ARG A=1\nFROM scratch\nARG A=2\nENV C=$A.\n')).toEqual(['C=2.'])
  })
  it('shows arguments of a parent stage in its child, and counts them in the history', async () => {
    const text = 'FROM scratch AS a\nARG A=1\nFROM a\nARG B=2\nRUN x\n'
    expect(await historyOf(text)).toEqual(['ARG A=1', 'ARG B=2', 'RUN |2 A=1 B=2 /bin/sh -c x # buildkit'])
    expect(await envOf('FROM scratch AS a\nARG A=1\nFROM scratch\nENV C=$A.\n')).toEqual(['C=.'])
  })
  it('sets what the parent put into its image over its arguments when a child stage begins', async () => {
    expect(await envOf('FROM scratch AS a\nENV B=env\nARG B=arg\nFROM a\nENV C=$B\n')).toEqual(['B=env', 'C=env'])
  })
  it('expands all of one ENV against what was before it, and one ARG from left to right', async () => {
    expect(await envOf('FROM scratch\nENV A=1\nENV A=2 B=$A\n')).toEqual(['A=2', 'B=1'])
    expect(await envOf('FROM scratch\nARG A=1 B=$A.\nENV C=$B\n')).toEqual(['C=1.'])
  })
  it('moves a variable that is set again to the end of the process, not of the image', async () => {
    const { env } = await runOf('FROM scratch\nENV A=1 B=2\nENV A=3\nRUN x\n')
    expect(env.map(([name]) => name)).toEqual(['PATH', 'B', 'A'])
    expect(await envOf('FROM scratch\nENV A=1 B=2\nENV A=3\n')).toEqual(['A=3', 'B=2'])
  })
  it('takes the order of the history from the first ARG of a name', async () => {
    expect(await historyOf('FROM scratch\nARG A B\nARG A=1\nRUN x\n')).toContain('RUN |2 A=1 B= /bin/sh -c x # buildkit')
  })
})

describe('predefined arguments', () => {
  it('gives RUN the proxies that are build arguments, declared or not, and keeps them out of other words', async () => {
    const args = { HTTP_PROXY: 'http://p', no_proxy: 'a' }
    expect(await inRun('FROM scratch\nRUN x\n', { args })).toMatchObject({
      HTTP_PROXY: 'http://p',
      http_proxy: 'http://p',
      NO_PROXY: 'a',
      no_proxy: 'a',
    })
    expect(await configOf('FROM scratch\nLABEL a=$HTTP_PROXY.\n', { args })).toMatchObject({ Labels: { a: '.' } })
    expect(await historyOf('FROM scratch\nRUN x\n', { args })).toEqual(['RUN /bin/sh -c x # buildkit'])
  })
  it('offers the platforms to FROM and, by name, to stages', async () => {
    const text = 'FROM --platform=$BUILDPLATFORM alpine AS tools\nARG TARGETARCH\nENV A=$TARGETARCH\n'
    const options = { platform: { os: 'linux', architecture: 'arm64' }, buildPlatform: { os: 'linux', architecture: 'amd64' } }
    const stage = await targetOf(text, options)
    expect(stage.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    expect(stage.image.config.Env).toContain('A=arm64')
  })
  it('lets a default in the stage beat the automatic value, and a build argument beat both', async () => {
    expect(await envOf('FROM scratch\nARG TARGETARCH=x\nENV A=$TARGETARCH\n')).toEqual(['A=x'])
    expect(await envOf('FROM scratch\nARG TARGETARCH=x\nENV A=$TARGETARCH\n', { args: { TARGETARCH: 'y' } })).toEqual(['A=y'])
  })
  it('names the stage that is built', async () => {
    const text = 'FROM scratch AS one\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\nFROM scratch\nARG TARGETSTAGE\nENV A=$TARGETSTAGE\n'
    expect(await envOf(text)).toEqual(['A=default'])
    expect(await envOf(text, { target: 'one' })).toEqual(['A=one'])
  })
  it('keeps the arguments of the SBOM scan out of the environment', async () => {
    expect(await envOf('FROM scratch\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nENV A=$BUILDKIT_SBOM_SCAN_STAGE.\n')).toEqual(['A=.'])
  })
})

describe('SOURCE_DATE_EPOCH', () => {
  it('dates new history, comes from a build argument or a global default, and is a build argument like others', async () => {
    const build = await resolve('FROM alpine\nARG SOURCE_DATE_EPOCH\nENV A=$SOURCE_DATE_EPOCH\n', {
      args: { SOURCE_DATE_EPOCH: '+1700000000' },
    })
    expect(build.sourceDateEpoch).toBe(1_700_000_000)
    expect(build.stages[0]!.image.config.Env).toContain('A=1700000000')
    expect(build.stages[0]!.image.history?.map(({ created }) => created)).toEqual([
      undefined,
      '2023-11-14T22:13:20Z',
      '2023-11-14T22:13:20Z',
    ])
    expect((await resolve('ARG SOURCE_DATE_EPOCH=0\nFROM scratch\n')).sourceDateEpoch).toBe(0)
  })
  it('says nothing where it is empty, a folder, or not there', async () => {
    for (const value of ['', 'context', 'files']) {
      const build = await resolve('FROM scratch\n', { args: { SOURCE_DATE_EPOCH: value }, contexts: ['files'] })
      expect(build.sourceDateEpoch, value).toBeUndefined()
    }
    expect(await envOf('FROM scratch\nARG SOURCE_DATE_EPOCH=5\nENV A=$SOURCE_DATE_EPOCH\n', { args: { SOURCE_DATE_EPOCH: '' } })).toEqual([
      'A=5',
    ])
  })
})

describe('names of the user', () => {
  it('takes __proto__ for a name like any other', async () => {
    const text = 'FROM scratch\nARG __proto__=1\nENV constructor=$__proto__\nLABEL __proto__=a toString=b\nVOLUME __proto__\n'
    const config = await configOf(text)
    expect(config.Env).toContain('constructor=1')
    expect(Object.entries(config.Labels!)).toEqual([
      ['__proto__', 'a'],
      ['toString', 'b'],
    ])
    expect(Object.keys(config.Volumes!)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})
