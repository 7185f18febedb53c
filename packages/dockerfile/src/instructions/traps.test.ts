// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/** One test per trap of the reference's typed instructions that the recorded answers pin. */
import { describe, expect, it } from 'vitest'
import { DockerfileSyntaxError, type Instruction, MountError, parseDockerfile, parseInstruction, parseMount } from '../index.js'

const read = (line: string): Instruction => parseDockerfile(`FROM scratch\n${line}\n`).stages[0]!.commands[0]!

function faultOf(text: string): DockerfileSyntaxError {
  try {
    parseDockerfile(text)
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return error
    throw error
  }
  return expect.fail('the text was accepted')
}

function mountFault(raw: string): MountError {
  try {
    parseMount(raw, (word) => word)
  } catch (error) {
    if (error instanceof MountError) return error
    throw error
  }
  return expect.fail('the mount was accepted')
}

describe('forms', () => {
  it('RUN [] is the exec form of nothing; ENTRYPOINT of nothing is null; CMD of nothing is an empty list', () => {
    expect(read('RUN []')).toMatchObject({ form: 'exec', args: [] })
    expect(read('ENTRYPOINT')).toMatchObject({ args: null })
    expect(read('ENTRYPOINT []')).toMatchObject({ args: null })
    expect(read('CMD')).toMatchObject({ form: 'shell', args: [] })
  })

  it('SHELL takes JSON only', () => {
    expect(faultOf('FROM scratch\nSHELL /bin/bash -c\n')).toMatchObject({
      code: 'JSON_REQUIRED',
      message: 'dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form',
      reason: 'SHELL requires the arguments to be in JSON form',
    })
  })
})

describe('EXPOSE', () => {
  it('sorts by bytes', () => {
    expect(read('EXPOSE 9 80/udp 8 \u{1f600} \uff01 é')).toMatchObject({ ports: ['8', '80/udp', '9', 'é', '\uff01', '\u{1f600}'] })
  })
})

describe('ENV, LABEL and ARG', () => {
  it('know the old form with a blank by the first word', () => {
    expect(read('ENV a b=c  d')).toMatchObject({ pairs: [{ key: 'a', value: 'b=c  d', legacy: true }] })
    expect(read('ENV a=b c=d')).toMatchObject({ pairs: [{ key: 'a', legacy: false }, { key: 'c' }] })
  })

  it('drop an escape character at the very end', () => {
    expect(read('ENV a=b\\\\\\')).toMatchObject({ pairs: [{ value: 'b\\\\' }] })
  })

  it('take documentation from the comment that starts with the name', () => {
    const { metaArgs } = parseDockerfile('# x the x\n# y the y\nARG x=1 y z=\nFROM scratch\n')
    expect(metaArgs[0]!.args).toEqual([
      { key: 'x', value: '1', doc: 'the x' },
      { key: 'y', value: null, doc: 'the y' },
      { key: 'z', value: '', doc: '' },
    ])
  })
})

describe('HEALTHCHECK', () => {
  it('has durations in nanoseconds', () => {
    expect(read('HEALTHCHECK --interval=1h1m1.5s --timeout=0 --start-period=2.5ms --retries=3 CMD ["x"]')).toMatchObject({
      test: ['CMD', 'x'],
      intervalNs: 3661.5e9,
      timeoutNs: 0,
      startPeriodNs: 2.5e6,
      retries: 3,
    })
  })

  it.each([
    ['--interval=abc', 'BAD_DURATION', 'time: invalid duration "abc"'],
    ['--interval=5', 'BAD_DURATION', 'time: missing unit in duration "5"'],
    ['--interval=5x', 'BAD_DURATION', 'time: unknown unit "x" in duration "5x"'],
    ['--interval=1us', 'BAD_DURATION', 'Interval "interval" cannot be less than 1ms'],
    ['--interval=9999999h', 'BAD_DURATION', 'time: invalid duration "9999999h"'],
    ['--retries=x', 'INVALID_FLAG_VALUE', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['--retries=-1', 'INVALID_FLAG_VALUE', '--retries cannot be negative (-1)'],
  ])('refuses %s with %s', (flag, code, reason) => {
    expect(faultOf(`FROM scratch\nHEALTHCHECK ${flag} CMD x\n`)).toMatchObject({ code, reason })
  })
})

describe('stages', () => {
  it('have names in lower case, and bases as written', () => {
    const { stages } = parseDockerfile('FROM a AS Build\nFROM BUILD\n')
    expect(stages.map(({ name, baseName }) => [name, baseName])).toEqual([
      ['build', 'a'],
      ['', 'BUILD'],
    ])
  })

  it('come before any instruction but ARG', () => {
    expect(faultOf('ARG a\nRUN x\nFROM a\n')).toMatchObject({ code: 'NO_STAGE', line: 2, message: 'no build stage in current context' })
  })
})

describe('mounts', () => {
  it('report most faults only when they are resolved', () => {
    const run = read('RUN --mount=type=$T,target=/x --mount=type=cache,target=/y,mode=0755 z')
    expect(run).toMatchObject({
      mounts: [
        { raw: 'type=$T,target=/x', error: { message: 'unsupported mount type "$T"' } },
        { raw: 'type=cache,target=/y,mode=0755', parsed: { type: 'cache', mode: 0o755, readonly: false } },
      ],
    })
  })

  it('may not have a variable in from', () => {
    expect(faultOf('FROM scratch\nRUN --mount=from=$A,target=/x y\n')).toMatchObject({ code: 'NO_EXPANSION', line: 2 })
  })

  it.each([
    ['type=cahce,target=/x', 'UNKNOWN_MOUNT_TYPE', 'cache'],
    ['type=cache,targt=/x', 'UNKNOWN_MOUNT_OPTION', 'target'],
    ['type=cache,sharing=lock', 'BAD_MOUNT_VALUE', 'locked'],
    ['type=bind,uid=1', 'MOUNT_OPTION_CONFLICT', undefined],
    ['type=bind,size=1', 'MOUNT_OPTION_MISPLACED', undefined],
    ['type=cache,target', 'MOUNT_OPTION_MISSING', undefined],
    ['type=cache,"a', 'BAD_CSV', undefined],
    ['type=secret', 'MOUNT_OPTION_MISSING', undefined],
    ['type=tmpfs,size=1x', 'BAD_MOUNT_VALUE', undefined],
  ])('%s is refused with %s', (raw, code, suggestion) => {
    expect(mountFault(raw)).toMatchObject({ code, suggestion })
  })

  it('are read with every value expanded', () => {
    expect(parseMount('type=$T,"target=/a,b",ro', (word) => word.replace('$T', 'cache'))).toMatchObject({
      type: 'cache',
      target: '/a,b',
      readonly: true,
    })
  })
})

describe('triggers', () => {
  it('keep their here-documents, and are read with the default escape token', () => {
    const onbuild = read('ONBUILD copy <<EOF /a\nx\nEOF')
    expect(onbuild).toMatchObject({ expression: 'copy <<EOF /a\nx\nEOF' })
    expect(onbuild.name === 'ONBUILD' && parseInstruction(onbuild.expression)).toMatchObject({ name: 'COPY', heredocs: [{ data: 'x\n' }] })
  })

  it('are checked when a child image is built, with messages that name no line', () => {
    expect(read('ONBUILD COPY a')).toMatchObject({ expression: 'COPY a' })
    expect(() => parseInstruction('COPY a')).toThrow(/^COPY requires/)
    expect(() => parseInstruction('RUN a\nRUN b')).toThrow('single expression')
    expect(() => parseInstruction('FROM a')).toThrow(DockerfileSyntaxError)
  })
})

describe('misspellings', () => {
  it.each([
    ['RNU x', 'RUN'],
    ['copi a b', 'copy'],
    ['RUN --mout=type=cache x', 'mount'],
    ['RUN --device=a,requierd=1 x', 'required'],
  ])('%s suggests %s', (line, suggestion) => {
    const fault = faultOf(`FROM scratch\n${line}\n`)
    expect(fault.suggestion).toBe(suggestion)
    expect(fault.message).toContain(`(did you mean ${suggestion}?)`)
    expect(fault.hint).toContain(suggestion)
  })
})

it('collects what the parser finds on its way, also before a fault', () => {
  expect(faultOf('from a AS B\nMAINTAINER x\nFOO\n').warnings.map(({ rule, line }) => [rule, line])).toEqual([
    ['StageNameCasing', 1],
    ['FromAsCasing', 1],
    ['MaintainerDeprecated', 2],
  ])
})

it('obeys # check= of the file and of the comments above an instruction', () => {
  const rules = (text: string) => parseDockerfile(text).warnings.map(({ rule }) => rule)
  expect(rules('# check=skip=FromAsCasing\nFROM a as b\n# check=skip=all\nMAINTAINER x\nMAINTAINER y\n')).toEqual(['MaintainerDeprecated'])
  expect(rules('# check=experimental=all\n\n# nothing\nARG q\nFROM a\n')).toEqual(['InvalidDefinitionDescription'])
})
