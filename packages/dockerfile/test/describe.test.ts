import { listTargets, outlineDockerfile, ResolveError } from '@layerwright/dockerfile'
import { describe, expect, it } from 'vitest'

const text = `# VERSION of Node
ARG VERSION=22
ARG TAG=$VERSION-alpine
ARG UNUSED=1

# build compiles the sources
FROM --platform=$BUILDPLATFORM node:$TAG AS build
# MODE production or development
ARG MODE=production
ARG TARGETARCH
ARG VERSION
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,required=true npm ci
RUN --mount=type=cache,id=/root/.npm,target=/other --mount=type=secret,id=npmrc --mount=type=ssh npm run \${MODE}

FROM alpine AS docs
ARG NEVER=1

# app is what runs
FROM scratch AS app
COPY --from=build /dist /
RUN --mount=type=bind,from=build,source=/x,target=/y true
FROM app
`

describe('listTargets', () => {
  it('says what each stage is, stands on, and which one is built by default', () => {
    expect(listTargets(text)).toEqual([
      {
        index: 0,
        name: 'build',
        description: 'compiles the sources',
        base: 'node:22-alpine',
        fromStage: false,
        platform: 'linux/amd64',
        default: false,
        startLine: 7,
        endLine: 7,
      },
      expect.objectContaining({ name: 'docs', base: 'alpine', platform: '', description: '' }),
      expect.objectContaining({ name: 'app', base: 'scratch', description: 'is what runs' }),
      expect.objectContaining({ index: 3, name: '', base: 'app', fromStage: true, default: true }),
    ])
  })

  it('takes build arguments and a platform', () => {
    const [build] = listTargets(text, { buildArgs: new Map([['TAG', '20']]), platform: { os: 'linux', architecture: 'arm64' } })
    expect(build).toMatchObject({ base: 'node:20', platform: 'linux/amd64' })
  })

  it('refuses a base that can not be expanded', () => {
    expect(() => listTargets('FROM $NOTHING\n')).toThrow(ResolveError)
  })
})

describe('outlineDockerfile', () => {
  it('lists what the default target and the stages that it needs take from outside', async () => {
    const { target, stages, args, secrets, ssh, caches, mounts } = await outlineDockerfile(text)
    expect(target).toMatchObject({ index: 3, base: 'app', default: true })
    expect(stages).toEqual(['build', 'app', '3'])
    const at = (line: number) => ({ startLine: line, endLine: line })
    expect(args).toEqual([
      { name: 'VERSION', description: 'of Node', default: '22', value: '22', predefined: false, locations: [at(2), at(11)] },
      { name: 'TAG', description: '', default: '$VERSION-alpine', value: '22-alpine', predefined: false, locations: [at(3)] },
      {
        name: 'MODE',
        description: 'production or development',
        default: 'production',
        value: 'production',
        predefined: false,
        locations: [at(9)],
      },
      { name: 'TARGETARCH', description: '', default: null, value: 'amd64', predefined: true, locations: [at(10)] },
    ])
    expect(secrets).toEqual([{ id: 'npmrc', required: true, locations: [at(12), at(13)] }])
    expect(ssh).toEqual([{ id: 'default', required: false, locations: [at(13)] }])
    expect(caches).toEqual([{ id: '/root/.npm', targets: ['/root/.npm', '/other'], locations: [at(12), at(13)] }])
    expect(mounts.map(({ stage, mount, startLine }) => [stage, mount.type, startLine])).toEqual([
      ['build', 'cache', 12],
      ['build', 'secret', 12],
      ['build', 'cache', 13],
      ['build', 'secret', 13],
      ['build', 'ssh', 13],
      ['app', 'bind', 21],
    ])
  })

  it('follows the target and the build arguments', async () => {
    expect((await outlineDockerfile(text, { target: 'docs' })).args.map(({ name }) => name)).toEqual(['NEVER'])
    const { args } = await outlineDockerfile(text, { target: 'build', buildArgs: new Map([['MODE', 'development']]) })
    expect(args.find(({ name }) => name === 'MODE')).toMatchObject({ default: 'production', value: 'development' })
  })

  it('finds names in every branch of a substitution', async () => {
    const source = 'ARG A=1\nARG B=2\nARG C=3\nFROM a:\x24{A:+\x24{B:?no}}\x24{C:-x}\n'
    expect((await outlineDockerfile(source)).args.map(({ name }) => name)).toEqual(['A', 'B', 'C'])
  })

  it('refuses what can not be built', async () => {
    await expect(outlineDockerfile(text, { target: 'biuld' })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', suggestion: 'build' })
    await expect(outlineDockerfile('FROM a AS b\nCOPY --from=b / /\n')).rejects.toMatchObject({ code: 'CYCLIC_STAGES' })
  })
})
