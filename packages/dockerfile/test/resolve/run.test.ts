import { describe, expect, it } from 'vitest'
import { errorOf, historyOf, runOf } from './support.js'

const mountsOf = async (flags: string, before = '') =>
  (await runOf(`FROM scratch AS first\nFROM scratch\n${before}\nRUN ${flags} x\n`)).mounts

describe('RUN', () => {
  it('has the shell in front of the shell form only', async () => {
    expect(await runOf('FROM scratch\nRUN a $B\n')).toMatchObject({ argv: ['/bin/sh', '-c', 'a $B'], script: 'a $B', display: 'RUN a $B' })
    const exec = await runOf('FROM scratch\nRUN ["a", "$B"]\n')
    expect(exec.argv).toEqual(['a', '$B'])
    expect(exec.script).toBeUndefined()
  })
  it('shows set variables with their values, unset ones as written', async () => {
    expect((await runOf('FROM scratch\nENV A=1\nrun echo "$A" $B\n')).display).toBe('RUN echo "1" $B')
  })
  it('runs the body of a lone here-document', async () => {
    expect((await runOf('FROM scratch\nRUN <<-EOF\n\ta\n\t\tb\nEOF\n')).script).toBe('a\nb\n')
    expect(await historyOf('FROM scratch\nRUN <<EOF\na\nEOF\n')).toEqual(['RUN /bin/sh -c a\n # buildkit'])
  })
  it('hands a script with an interpreter over as a file', async () => {
    const step = await runOf('FROM scratch\nRUN <<EOF\n#!/usr/bin/env python\nx\nEOF\n')
    expect(step).toMatchObject({
      argv: ['/bin/sh', '-c', '/dev/pipes/EOF'],
      files: [{ name: 'EOF', data: '#!/usr/bin/env python\nx\n' }],
      display: 'RUN <<EOF (#!/usr/bin/env python...)',
    })
  })
  it('leaves other here-documents to the shell', async () => {
    expect((await runOf('FROM scratch\nRUN cat <<A <<B\n1\nA\n2\nB\n')).script).toBe('cat <<A <<B\n1\nA\n2\nB')
  })
  it('takes user, directory, network and security', async () => {
    expect(await runOf('FROM scratch\nUSER 1:2\nWORKDIR /w\nRUN --network=none --security=insecure x\n')).toMatchObject({
      user: '1:2',
      cwd: '/w',
      network: 'none',
      security: 'insecure',
    })
  })
  it('refuses devices', async () => {
    expect(await errorOf('FROM scratch\nRUN --device=a x\n')).toMatchObject({ code: 'DEVICE_UNSUPPORTED', line: 2 })
  })
})

describe('mounts', () => {
  it('takes a bind from the context, read-only, at a place below the directory', async () => {
    expect(await mountsOf('--mount=target=m', 'WORKDIR /w')).toEqual([
      { type: 'bind', target: '/w/m', source: '/', from: { kind: 'context' }, readonly: true },
    ])
  })
  it('takes a bind from a stage', async () => {
    expect(await mountsOf('--mount=from=first,source=../a,target=/m,rw')).toEqual([
      { type: 'bind', target: '/m', source: '/a', from: { kind: 'stage', stage: 0 }, readonly: false },
    ])
  })
  it('names a cache by its target, and expands words', async () => {
    expect(await mountsOf('--mount=type=cache,target=/c$A,mode=0700,uid=5', 'ARG A=1')).toEqual([
      {
        type: 'cache',
        target: '/c1',
        source: '/',
        from: { kind: 'scratch' },
        readonly: false,
        id: '/c1',
        sharing: 'shared',
        mode: 0o700,
        uid: 5,
      },
    ])
  })
  it('finds the source of a cache whose other words are not known before', async () => {
    expect(await mountsOf('--mount=type=cache,from=first,target=/c,mode=$MODE', 'ARG MODE=0700')).toMatchObject([
      { from: { kind: 'stage', stage: 0 }, mode: 0o700 },
    ])
  })
  it('bounds a tmpfs', async () => {
    expect(await mountsOf('--mount=type=tmpfs,target=/t,size=64m')).toEqual([
      { type: 'tmpfs', target: '/t', readonly: false, sizeLimit: 64 * 1024 * 1024 },
    ])
  })
  it('gives a secret a place, a variable, or both', async () => {
    expect(await mountsOf('--mount=type=secret,id=a/b')).toMatchObject([{ id: 'a/b', target: '/run/secrets/b', required: false }])
    expect(await mountsOf('--mount=type=secret,target=/x/y,required')).toMatchObject([{ id: 'y', target: '/x/y', required: true }])
    const [only] = await mountsOf('--mount=type=secret,id=a,env=TOKEN')
    expect(only).toMatchObject({ id: 'a', env: 'TOKEN' })
    expect(only).not.toHaveProperty('target')
  })
  it('shows stars for a variable that comes from a secret', async () => {
    const { display } = await runOf('FROM scratch\nENV TOKEN=plain\nRUN --mount=type=secret,id=a,env=TOKEN echo $TOKEN\n')
    expect(display).toContain('echo ****')
  })
  it('numbers agents', async () =>
    expect(await mountsOf('--mount=type=tmpfs,target=/t --mount=type=ssh')).toMatchObject([
      {},
      { type: 'ssh', id: 'default', target: '/run/buildkit/ssh_agent.1' },
    ]))
  it.each([
    ['target=/', 'BAD_MOUNT', 'invalid mount target "/"'],
    ['type=secret', 'MOUNT_OPTION_MISSING', 'invalid secret mount. one of source, target required'],
    ['type=cache,target=/c,sharing=sometimes', 'BAD_MOUNT_VALUE', 'unsupported sharing value "sometimes"'],
    ['tarrget=/m', 'UNKNOWN_MOUNT_OPTION', "unexpected key 'tarrget' in 'tarrget=/m' (did you mean target?)"],
  ])('refuses %s', async (mount, code, message) => {
    expect(await errorOf(`FROM scratch\nRUN --mount=${mount} x\n`)).toMatchObject({ code, message, line: 2 })
  })
})
