import { describe, expect, it } from 'vitest'
import { copyOf, errorOf, historyOf, imageConfigOf, imageOf, PATH, resolve, targetOf } from './support.js'

describe('stages', () => {
  it('keeps only what the target needs, each behind its needs', async () => {
    const text = 'FROM scratch AS a\nFROM scratch AS unused\nFROM a AS b\nFROM scratch\nCOPY --from=b / /\n'
    const build = await resolve(text)
    expect(build.stages.map(({ name, index, needs }) => [name, index, needs])).toEqual([
      ['a', 0, []],
      ['b', 2, [0]],
      ['', 3, [2]],
    ])
    expect(build.target).toBe(3)
  })
  it('loads no image of an unused stage, but checks its name', async () => {
    const asked: string[] = []
    const base = async (reference: string, platform: { os: string; architecture: string }) => {
      asked.push(reference)
      return imageOf(reference, platform, {})
    }
    await resolve('FROM unused\nFROM alpine\n', { base })
    expect(asked).toEqual(['docker.io/library/alpine:latest'])
    expect(await errorOf('FROM Unused\nFROM alpine\n')).toMatchObject({ code: 'BAD_IMAGE_REFERENCE', line: 1 })
  })
  it('asks for each image once', async () => {
    let asked = 0
    const base = async (reference: string, platform: { os: string; architecture: string }) => {
      asked++
      return imageOf(reference, platform, {})
    }
    await resolve('FROM alpine AS a\nFROM alpine\nCOPY --from=a / /\nCOPY --from=alpine / /\n', { base })
    expect(asked).toBe(1)
  })
  it('compares FROM as written, --from and the target without regard to case', async () => {
    expect(await errorOf('FROM alpine AS BUILD\nFROM BUILD\n')).toMatchObject({
      message: 'failed to parse stage name "BUILD": invalid reference format: repository name (library/BUILD) must be lowercase',
      hint: expect.stringContaining('build'),
    })
    expect((await copyOf('FROM scratch AS build\nFROM scratch\nCOPY --from=BUILD a b\n')).from).toEqual({ kind: 'stage', stage: 0 })
    expect((await targetOf('FROM scratch AS build\nFROM scratch\n', { target: 'Build' })).index).toBe(0)
  })
  it('takes the later of two stages with one name, and a stage called scratch for scratch', async () => {
    expect((await copyOf('FROM scratch AS a\nFROM scratch AS a\nFROM scratch\nCOPY --from=a x y\n')).from).toEqual({
      kind: 'stage',
      stage: 1,
    })
    expect((await targetOf('FROM alpine AS scratch\nFROM scratch\n')).base).toEqual({ kind: 'stage', stage: 0 })
  })
  it('finds stages by number for COPY, not for the target', async () => {
    expect((await copyOf('FROM scratch\nFROM scratch\nCOPY --from=0 a b\n')).from).toEqual({ kind: 'stage', stage: 0 })
    expect(await errorOf('FROM scratch\n', { target: '0' })).toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: 'target stage "0" could not be found',
    })
    expect(await errorOf('FROM scratch\nCOPY --from=7 a b\n')).toMatchObject({ code: 'BAD_STAGE_INDEX', line: null })
  })
  it('copies from images that are no stage', async () => {
    expect((await copyOf('FROM scratch\nCOPY --from=busybox a b\n')).from).toEqual({
      kind: 'image',
      name: 'docker.io/library/busybox:latest',
      platform: { os: 'linux', architecture: 'amd64' },
      id: 'id of docker.io/library/busybox:latest',
    })
    expect((await copyOf('FROM alpine\nCOPY --from=scratch a b\n')).from).toEqual({ kind: 'scratch' })
  })
  it('suggests a target', async () =>
    expect(await errorOf('FROM scratch AS build\n', { target: 'biuld' })).toMatchObject({ suggestion: 'build' }))
  it('names the stages that there are, the most like the target first', async () => {
    const text = 'FROM scratch AS deps\nFROM scratch AS test\nFROM scratch\nFROM scratch AS builder\n'
    expect(await errorOf(text, { target: 'build' })).toMatchObject({ hint: 'name one of the stages: builder, deps, test' })
    expect(await errorOf('FROM scratch\n', { target: 'build' })).toMatchObject({ hint: expect.stringContaining('AS NAME') })
    const many = Array.from({ length: 30 }, (_, i) => `FROM scratch AS stage${i}\n`).join('')
    expect(await errorOf(many, { target: 'x' })).toMatchObject({ hint: expect.stringMatching(/stage0, .* and 10 more$/) })
  })
  it('refuses circles, of one stage and of several', async () => {
    expect(await errorOf('FROM scratch AS a\nCOPY --from=a x y\n')).toMatchObject({
      code: 'CYCLIC_STAGES',
      message: 'circular dependency detected on stage: a',
      line: 2,
    })
    const three = await errorOf(
      'FROM scratch AS a\nCOPY --from=c x y\nFROM scratch AS b\nCOPY --from=a x y\nFROM scratch AS c\nCOPY --from=b x y\n',
    )
    expect(three.locations.map(({ startLine }) => startLine).sort()).toEqual([2, 4, 6])
  })
  it('refuses to take from a stage below', async () => {
    expect(await errorOf('FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nFROM a\n')).toMatchObject({
      code: 'STAGE_ORDER',
      message: 'cannot copy from stage "b", it needs to be defined before current stage "a"',
      line: 2,
    })
    expect(await errorOf('FROM scratch AS a\nRUN --mount=from=b,target=/m x\nFROM scratch AS b\nFROM a\n')).toMatchObject({
      code: 'STAGE_ORDER',
      message: 'cannot mount from stage "b" to "/m", stage needs to be defined before current command',
    })
  })
  it('takes chains of thousands of stages', async () => {
    const chain = Array.from({ length: 3_000 }, (_, i) => `FROM scratch AS s${i}${i === 0 ? '' : `\nCOPY --from=s${i - 1} a a`}`)
    expect((await resolve(`${chain.join('\n')}\n`)).stages).toHaveLength(3_000)
  })
})

describe('bases', () => {
  it('starts scratch with a search path and a directory', async () => {
    expect(await imageConfigOf('FROM scratch\n')).toEqual({
      os: 'linux',
      architecture: 'amd64',
      config: { Env: [PATH], WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [] },
    })
  })
  it('adds a search path to an image that has none, not to one for Windows', async () => {
    expect((await imageConfigOf('FROM x\n', { config: {} })).config.Env).toEqual([PATH])
    const windows = { os: 'windows', architecture: 'amd64' }
    expect((await imageConfigOf('FROM x\nWORKDIR c:\\\\a\n', { config: {}, platform: windows })).config).toEqual({ WorkingDir: '\\a' })
  })
  it('puts the platform that was asked for on the target, and leaves that of the image where none was', async () => {
    const text = 'FROM --platform=linux/arm64 alpine\n'
    expect((await imageConfigOf(text)).architecture).toBe('amd64')
    expect((await imageConfigOf(text, { platform: undefined })).architecture).toBe('arm64')
  })
  it('makes the failure of the image store its cause', async () => {
    const cause = new RangeError('gone')
    const base = () => Promise.reject(cause)
    expect(await errorOf('FROM alpin\n', { base })).toMatchObject({
      code: 'BASE_UNAVAILABLE',
      message: 'alpin: gone (did you mean alpine?)',
      line: 1,
      cause,
    })
  })
  it('adds labels of the caller behind those of the Dockerfile', async () => {
    const { config } = await imageConfigOf('FROM scratch\nLABEL a=1 b=2\n', {
      labels: new Map([
        ['b', '3'],
        ['c', '4'],
      ]),
    })
    expect(config.Labels).toEqual({ a: '1', b: '3', c: '4' })
  })
})

describe('named contexts', () => {
  it('replaces images under any spelling of their name', async () => {
    const stage = await targetOf('FROM alpine\n', { contexts: ['docker.io/library/alpine:latest'] })
    expect(stage.base).toMatchObject({
      kind: 'image',
      name: 'docker.io/library/alpine:latest',
      id: 'id of docker.io/library/alpine:latest',
    })
    expect((await targetOf('FROM docker.io/library/alpine\n', { contexts: ['alpine'] })).base).toMatchObject({
      name: 'alpine',
      id: 'id of alpine',
    })
  })
  it('replaces a stage without building it', async () => {
    const build = await resolve('FROM scratch AS deps\nRUN x\nFROM scratch\nCOPY --from=deps a b\n', { contexts: ['deps'] })
    expect(build.stages[0]).toMatchObject({ name: 'deps', steps: [], base: { kind: 'image', name: 'deps' } })
  })
  it('reads the instructions of a stage that it replaces all the same: numbers, circles, and triggers for a child', async () => {
    const options = { contexts: ['deps'] }
    expect(await errorOf('FROM scratch AS deps\nCOPY --from=9 a b\nFROM scratch\n', options)).toMatchObject({ code: 'BAD_STAGE_INDEX' })
    expect(await errorOf('FROM scratch AS deps\nCOPY --from=b a b\nFROM scratch AS b\nCOPY --from=deps a b\n', options)).toMatchObject({
      code: 'CYCLIC_STAGES',
    })
    expect(await historyOf('FROM scratch AS deps\nONBUILD LABEL a=1\nFROM deps\n', options)).toEqual(['LABEL a=1'])
    const build = await resolve('FROM scratch AS a\nFROM scratch AS deps\nCOPY --from=a a b\nFROM scratch\nCOPY --from=deps a b\n', options)
    expect(build.stages.map(({ name }) => name)).toEqual(['deps', ''])
  })
  it('copies from a folder', async () => {
    const base = async () => undefined
    expect((await copyOf('FROM scratch\nCOPY --from=files a b\n', { contexts: ['files'], base })).from).toMatchObject({
      kind: 'image',
      name: 'files',
      id: 'files',
    })
  })
  it('refuses a stage name that no context could have', async () => {
    expect(await errorOf('FROM scratch AS a-\n')).toMatchObject({
      code: 'BAD_CONTEXT_NAME',
      message: 'invalid context name a-: invalid reference format',
    })
  })
})

describe('ONBUILD', () => {
  const config = { Env: [PATH], OnBuild: ['COPY . /app', 'RUN echo $FOO', 'ENV ONB=1'] }
  it('runs the triggers of an image first, at the lines of the FROM, and does not keep them', async () => {
    const stage = await targetOf('\nFROM x\nRUN own\n', { config })
    expect(stage.steps.map(({ kind, startLine }) => [kind, startLine])).toEqual([
      ['copy', 2],
      ['run', 2],
      ['run', 3],
    ])
    expect(stage.image.config.OnBuild).toBeUndefined()
    expect(stage.image.config.Env).toContain('ONB=1')
  })
  it('runs those of a parent stage in the direct child only, and stores them as written', async () => {
    const text = 'FROM scratch AS a\nONBUILD RUN $X\nFROM a AS b\nFROM b\n'
    expect(await historyOf(text)).toEqual(['RUN /bin/sh -c $X # buildkit'])
    expect((await imageConfigOf(text, { target: 'a' })).config.OnBuild).toEqual(['RUN $X'])
    expect((await imageConfigOf(text, { target: 'b' })).config.OnBuild).toBeUndefined()
  })
  it('reads them only then', async () => {
    const text = 'FROM scratch AS a\nONBUILD FOO bar\n'
    await expect(resolve(text)).resolves.toBeDefined()
    expect(await errorOf(`${text}FROM a\n`)).toMatchObject({ message: 'unknown instruction: FOO (did you mean FROM?)', line: 3 })
  })
  it('follows what a trigger takes from', async () => {
    const build = await resolve('FROM scratch AS src\nFROM x\n', { config: { Env: [PATH], OnBuild: ['COPY --from=src a b'] } })
    expect(build.stages.map(({ name }) => name)).toEqual(['src', ''])
  })
})
