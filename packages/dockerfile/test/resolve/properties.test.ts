import { DockerfileSyntaxError, lintDockerfile, ResolveError } from '@layerwright/dockerfile'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzz } from '../../../../test/support/fuzz.js'
import { mutated, recordedTexts } from '../../../../test/support/mutated.js'
import { resolve } from './support.js'

const word = fc.constantFrom(
  'a',
  '/b/',
  '.',
  '$A',
  '\x24{A:-x}',
  '\x24{A',
  '"q',
  '80/tcp',
  '80:90',
  'x=y',
  'A=$A',
  '__proto__=1',
  'git@h:p',
  'https://h/p',
  '<<EOF',
  '日本',
  '*',
  '0',
  '..',
  '@',
)
const flag = fc.constantFrom(
  '--from=a',
  '--from=0',
  '--from=$A',
  '--chown=$A',
  '--chmod=u+x',
  '--chmod=9',
  '--link',
  '--mount=type=cache,target=/c',
  '--mount=from=a,target=$A',
  '--mount=type=secret,env=A,id=x',
  '--platform=$A',
  '--platform=linux/arm64',
  '--network=none',
)
const keyword = fc.constantFrom(
  'FROM',
  'ARG',
  'ENV',
  'RUN',
  'COPY',
  'ADD',
  'CMD',
  'ENTRYPOINT',
  'EXPOSE',
  'LABEL',
  'USER',
  'VOLUME',
  'WORKDIR',
  'ONBUILD RUN',
  'ONBUILD COPY',
  'SHELL',
  'STOPSIGNAL',
  'HEALTHCHECK CMD',
  'MAINTAINER',
)
const line = fc
  .tuple(keyword, fc.array(flag, { maxLength: 1 }), fc.array(word, { minLength: 1, maxLength: 3 }))
  .map(([name, flags, words]) => [name, ...flags, ...words].join(' '))
const stage = fc
  .tuple(fc.constantFrom('scratch', 'alpine', 'a', 'b', '$A'), fc.constantFrom('', ' AS a', ' AS b', ' AS scratch'))
  .map(([base, name]) => `FROM ${base}${name}`)
const dockerfile = fc
  .tuple(fc.array(line, { maxLength: 1 }), fc.array(fc.tuple(stage, fc.array(line, { maxLength: 5 })), { minLength: 1, maxLength: 3 }))
  .map(([head, stages]) => [...head, ...stages.flatMap(([from, lines]) => [from, ...lines])].join('\n'))

const anyDockerfile = fc.oneof(
  { weight: 2, arbitrary: dockerfile },
  { weight: 1, arbitrary: mutated(recordedTexts('convert', 'dockerfile'), line) },
)

const typed = (error: unknown) => error instanceof ResolveError || error instanceof DockerfileSyntaxError

const argsOf = fc.constantFrom({}, { A: '1' }, { A: 'linux/arm64' }, { A: '' })
const attempt = (text: string, args: Record<string, string>) => resolve(text, { args }).catch((error: unknown) => error)

fuzz(
  'throws nothing but its own errors',
  fc.asyncProperty(anyDockerfile, argsOf, async (text, args) => {
    const outcome = await attempt(text, args)
    if (outcome instanceof Error && !typed(outcome)) throw outcome
  }),
)

fuzz(
  'answers the same twice',
  fc.asyncProperty(dockerfile, argsOf, async (text, args) => {
    expect(JSON.stringify(await attempt(text, args))).toBe(JSON.stringify(await attempt(text, args)))
  }),
  { share: 0.1 },
)

fuzz(
  'orders stages behind what they need, and knows every source that a step names',
  fc.asyncProperty(dockerfile, async (text) => {
    const build = await resolve(text).catch(() => undefined)
    const seen = new Set<number>()
    for (const { index, needs, steps } of build?.stages ?? []) {
      for (const need of needs) expect(seen).toContain(need)
      for (const step of steps) {
        const sources = step.kind === 'run' ? step.mounts.map(({ from }) => from) : step.kind === 'workdir' ? [] : [step.from]
        for (const from of sources) if (from?.kind === 'stage') expect(needs).toContain(from.stage)
      }
      seen.add(index)
    }
  }),
  { share: 0.2 },
)

fuzz(
  'lints anything',
  fc.asyncProperty(fc.oneof(anyDockerfile, fc.string(), fc.uint8Array()), async (text) => {
    const { warnings, error } = await lintDockerfile(text)
    expect(Array.isArray(warnings)).toBe(true)
    if (error) expect(error.hint).not.toBe('')
  }),
)
