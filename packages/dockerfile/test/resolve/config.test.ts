import { describe, expect, it } from 'vitest'
import { configOf, errorOf, historyOf, imageConfigOf, PATH, stepsOf } from './support.js'

const inherited = { Env: [PATH], Cmd: ['old'], Entrypoint: ['old'] }

describe('commands', () => {
  it('lets ENTRYPOINT clear a CMD of the base, not one of its own stage', async () => {
    expect(await configOf('FROM x\nENTRYPOINT ["new"]\n', { config: inherited })).toEqual({ Env: [PATH], Entrypoint: ['new'] })
    expect((await configOf('FROM x\nCMD ["mine"]\nENTRYPOINT ["new"]\n', { config: inherited })).Cmd).toEqual(['mine'])
    expect((await configOf('FROM scratch AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["b"]\n')).Cmd).toBeUndefined()
  })
  it('clears with empty lists', async () => {
    expect(await configOf('FROM x\nENTRYPOINT []\nCMD []\n', { config: inherited })).toEqual({ Env: [PATH], ArgsEscaped: true })
  })
  it('puts the shell in front of the shell form: the image’s own, or SHELL', async () => {
    expect((await configOf('FROM scratch\nCMD a  b\n')).Cmd).toEqual(['/bin/sh', '-c', 'a  b'])
    expect((await configOf('FROM x\nCMD a\n', { config: { Shell: ['bash', '-c'] } })).Cmd).toEqual(['bash', '-c', 'a'])
    expect(await historyOf('FROM scratch\nSHELL ["a", "-c"]\nCMD x\nENTRYPOINT ["say \\"hi\\"", "é"]\n')).toEqual([
      'SHELL [a -c]',
      'CMD ["a" "-c" "x"]',
      'ENTRYPOINT ["say \\"hi\\"" "é"]',
    ])
  })
  it('expands none of them', async () => {
    expect(await configOf('FROM scratch\nENV A=1\nCMD ["$A"]\nHEALTHCHECK CMD $A\n')).toMatchObject({
      Cmd: ['$A'],
      Healthcheck: { Test: ['CMD-SHELL', '$A'] },
    })
  })
})

describe('history lines', () => {
  it('writes HEALTHCHECK as a structure with durations', async () => {
    const text =
      'FROM scratch\nHEALTHCHECK --interval=90s --timeout=1500ms --start-period=1h --retries=3 CMD ["a", "b"]\nHEALTHCHECK NONE\n'
    expect(await historyOf(text)).toEqual([
      'HEALTHCHECK {Test:[CMD a b] Interval:1m30s Timeout:1.5s StartPeriod:1h0m0s StartInterval:0s Retries:3}',
      'HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
    ])
  })
  it('writes the others with their values', async () => {
    const text =
      'FROM scratch\nENV A=1 B="x y"\nLABEL l=$A\nUSER $A:2\nVOLUME /a $A\nSTOPSIGNAL SIGTERM\nARG X Y=$A\nMAINTAINER me\nONBUILD RUN x\n'
    expect(await historyOf(text)).toEqual([
      'ENV A=1 B=x y',
      'LABEL l=1',
      'USER 1:2',
      'VOLUME [/a 1]',
      'STOPSIGNAL SIGTERM',
      'ARG X Y=1',
      'MAINTAINER me',
    ])
    expect((await imageConfigOf(text)).author).toBe('me')
  })
  it('marks every line that makes no layer', async () => {
    const { history = [] } = await imageConfigOf('FROM scratch\nENV A=1\nWORKDIR /\nWORKDIR /w\nCOPY a b\nRUN x\n')
    expect(history.map(({ empty_layer }) => empty_layer ?? false)).toEqual([true, true, false, false, false])
  })
})

describe('EXPOSE', () => {
  const ports = async (text: string) => Object.keys((await configOf(`FROM scratch\nENV P=7 R=1-3\nEXPOSE ${text}\n`)).ExposedPorts ?? {})
  it('spells ranges out, drops hosts, takes protocols in any case', async () => {
    expect(await ports('80 53/UDP 8000-8002/sctp 1.2.3.4:81:82 [::1]:9:9 $P $R/tcp 0 65535')).toEqual(
      expect.arrayContaining([
        '80/tcp',
        '53/udp',
        '8000/sctp',
        '8001/sctp',
        '8002/sctp',
        '82/tcp',
        '9/tcp',
        '7/tcp',
        '1/tcp',
        '2/tcp',
        '3/tcp',
        '0/tcp',
        '65535/tcp',
      ]),
    )
    expect(await ports('$UNSET')).toEqual([])
  })
  it('sorts its arguments before it expands them', async () => {
    expect(await historyOf('FROM scratch\nENV P=9\nEXPOSE 80 443 $P\n')).toContain('EXPOSE [9/tcp 443/tcp 80/tcp]')
  })
  it.each([
    ['70000', 'invalid containerPort: 70000'],
    ['80-70', 'invalid containerPort: 80-70'],
    ['http', 'invalid containerPort: http'],
    ['/tcp', 'invalid port: "/tcp": no port specified'],
    ['80/icmp', 'invalid port: "80/icmp": invalid proto: icmp'],
    ['99999:80', 'invalid hostPort: 99999'],
    ['80-82:90-91', 'invalid ranges specified for container and host Ports: 90-91 and 80-82'],
    ['1.2.3:80:80', 'invalid IP address: 1.2.3'],
    ['1::2:3', 'invalid IP address: 1:'],
  ])('%s', async (text, message) => {
    expect(await errorOf(`FROM scratch\nEXPOSE ${text}\n`)).toMatchObject({ code: 'BAD_PORT', message, line: 2 })
  })
})

describe('STOPSIGNAL and VOLUME', () => {
  it.each(['SIGKILL', 'kill', '9', 'SIGRTMIN+15', 'rtmax-14', '64'])('takes %s', async (signal) => {
    expect((await configOf(`FROM scratch\nSTOPSIGNAL ${signal}\n`)).StopSignal).toBe(signal)
  })
  it.each(['SIGFOO', '0', 'RTMIN+16', 'RTMAX-15', '99999999999999999999'])('refuses %s', async (signal) => {
    expect(await errorOf(`FROM scratch\nSTOPSIGNAL ${signal}\n`)).toMatchObject({
      code: 'BAD_SIGNAL',
      message: `invalid signal: ${signal}`,
    })
  })
  it('keeps volumes as written, and refuses one that expands to nothing', async () => {
    expect(Object.keys((await configOf('FROM scratch\nVOLUME rel /a/\n')).Volumes!)).toEqual(['rel', '/a/'])
    expect(await errorOf('FROM scratch\nVOLUME $NOPE\n')).toMatchObject({ code: 'BLANK_VOLUME', line: 2 })
  })
})

describe('WORKDIR', () => {
  it('joins relative paths, starts at the directory of the base, and makes what it enters', async () => {
    const steps = await stepsOf('FROM x\nWORKDIR sub\nWORKDIR ../other/./x\nWORKDIR /\n', { config: { WorkingDir: '/base' } })
    expect(steps.map((step) => (step.kind === 'workdir' ? step.path : ''))).toEqual(['/base/sub', '/base/other/x'])
  })
  it('keeps the spelling of an absolute path in config and history, and gives a clean one to the step', async () => {
    const text = 'FROM scratch\nWORKDIR /a/../b/\n'
    expect(await historyOf(text)).toEqual(['WORKDIR /a/../b/'])
    expect((await configOf(text)).WorkingDir).toBe('/a/../b/')
    expect(await stepsOf(text)).toMatchObject([{ path: '/b', user: '' }])
  })
  it('belongs to the user', async () => expect(await stepsOf('FROM scratch\nUSER app\nWORKDIR /w\n')).toMatchObject([{ user: 'app' }]))
})
