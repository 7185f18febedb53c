/** For Dockerfiles without anything unusual in them, dockerfile-ast sees the same instructions, flags, stages and values. */
import { type Add, type Copy, DockerfileParser, type Env, type From } from 'dockerfile-ast'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'
import { parseDockerfile } from '../src/index.js'

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
const separator = fc.constantFrom(' ', '  ', ' \\\n  ', '\t')
const casing = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toLowerCase(),
)

const line = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc
    .tuple(casing, separator, fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))))
    .map(([change, between, [keyword, ...rest]]) => [change(keyword!), ...rest].filter((part) => part !== '').join(between))

const flag = (key: string, value: fc.Arbitrary<string>) =>
  fc.option(value, { nil: undefined }).map((given) => (given === undefined ? '' : `--${key}=${given}`))
const instruction = fc.oneof(
  line('COPY', flag('from', name), flag('chown', name), path, path),
  line('ADD', flag('chmod', fc.constant('755')), path, path),
  line(
    'ENV',
    fc.tuple(name, name).map(([key, value]) => `${key}=${value}`),
  ),
  line('RUN', fc.constantFrom('echo hello', 'npm ci', 'true && false')),
  line('WORKDIR', path),
  line('USER', name),
)
const between = fc.constantFrom('\n', '\n\n', '\n# a comment\n')
const stage = fc.tuple(line('FROM', name, fc.constant('AS'), name), fc.array(fc.tuple(instruction, between), { maxLength: 6 }))
const dockerfiles = fc
  .array(stage, { minLength: 1, maxLength: 3 })
  .map((stages) => stages.map(([from, rest]) => `${from}\n${rest.map((pair) => pair.join('')).join('')}`).join(''))

fuzz(
  'agrees with dockerfile-ast',
  fc.property(dockerfiles, (text) => {
    const ours = parseDockerfile(text)
    const theirs = DockerfileParser.parse(text)
    expect(ours.nodes.map((node) => [node.keyword.toUpperCase(), node.startLine, node.endLine])).toEqual(
      theirs.getInstructions().map((each) => [each.getKeyword(), each.getRange().start.line + 1, each.getRange().end.line + 1]),
    )
    const froms: From[] = theirs.getFROMs()
    expect(ours.stages.map((each) => [each.baseName, each.name])).toEqual(froms.map((from) => [from.getImage(), from.getBuildStage()]))
    const transfers = theirs.getInstructions().filter((each): each is Add | Copy => ['ADD', 'COPY'].includes(each.getKeyword()))
    expect(ours.nodes.filter((node) => /^(?:add|copy)$/i.test(node.keyword)).map((node) => [...node.flags, ...node.args])).toEqual(
      transfers.map((each) => [...each.getFlags().map(String), ...each.getArguments().map((argument) => argument.getValue())]),
    )
    const environments: Env[] = theirs.getENVs()
    expect(ours.stages.flatMap(({ commands }) => commands.flatMap((each) => (each.name === 'ENV' ? each.pairs : [])))).toEqual(
      environments.flatMap((env) => env.getProperties().map((pair) => ({ key: pair.getName(), value: pair.getValue(), legacy: false }))),
    )
  }),
  { share: 0.05 },
)
