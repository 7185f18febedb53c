/** For any program and any change to what it is given: a traced build gives what a clean build gives. */
import { type BuildResult, build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import fc from 'fast-check'
import { afterAll, expect } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'
import { CHANGES, compatible, type Entry, entry, FILES, MOVES, name, names, outcomeOf, type Program, programOf } from './traced-programs.js'

const COMMANDS = [
  'sh',
  'cat',
  'cp',
  'mv',
  'rm',
  'ls',
  'ln',
  'mkdir',
  'rmdir',
  'touch',
  'chmod',
  'find',
  'grep',
  'sed',
  'printenv',
  'env',
  'stat',
  'tar',
  'head',
  'wc',
  'id',
  'readlink',
  'test',
  'cut',
  'du',
]
const BASE = Object.fromEntries(COMMANDS.map((name) => [`rootfs/bin/${name}`, { content: '\x7fELF stub', mode: 0o755 }]))

/** A piece of a program: any mix of looking, writing, moving, linking and deciding by what was seen. None prints the clock, nor times that it wrote. */
const piece: fc.Arbitrary<string> = fc.oneof(
  name.map((a) => `cat ${a} >> out`),
  name.map((a) => `[ -e ${a} ] && echo there >> out`),
  name.map((a) => `[ -d ${a} ] && ls ${a} >> out`),
  name.map((a) => `[ -L ${a} ] && readlink ${a} >> out`),
  name.map((a) => `[ -x ${a} ] && ./${a} >> out`),
  names.map(([a, b]) => `[ ${a} -ef ${b} ] && echo one file >> out`),
  name.map((a) => `stat -c '%a %s %h %F' ${a} >> out`),
  name.map((a) => `du -a ${a} >> out`),
  ...CHANGES,
  name.map((a) => `touch -d 2001-02-03 ${a}`),
  name.map((a) => `sed s/1/9/ ${a} > x`),
  name.map((a) => `cd ${a} && cat a >> /app/out`),
  name.map((a) => `grep -r 1 ${a} >> out`),
  name.map((a) => `find ${a} -type f >> out`),
  name.map((a) => `tar --mtime=2001-02-03 -cf out.tar ${a}`),
  ...MOVES,
  fc.constantFrom(
    'for f in *; do echo $f >> out; done',
    'for f in d/*; do [ -f $f ] && cat $f >> out; done',
    'echo */a >> out',
    'wc -l < a >> out',
  ),
  fc.constantFrom(
    'echo $A >> out',
    'echo $B$A >> out',
    'printenv A >> out',
    'env | cut -d= -f1 >> out',
    'B=1 sh -c "echo \\$A \\$B" >> out',
    '[ -n "$B" ] && cat b >> out',
  ),
)
const program = programOf(piece)

const files = fc.dictionary(fc.constantFrom(...FILES, 'unrelated', 'd/unrelated', 'm/unrelated'), entry, { maxKeys: 7 })
const situation = fc.record({ files, args: fc.dictionary(fc.constantFrom('A', 'B'), fc.constantFrom('1', '2')) })
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

/** One change: a file that is another or gone, or an argument. */
type Edit = (at: Situation) => Situation
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...FILES, 'unrelated', 'd/unrelated', 'm/unrelated'), entry).map(
    ([path, value]): Edit =>
      (at) => ({ ...at, files: { ...at.files, [path]: value } }),
  ),
  name.map(
    (path): Edit =>
      (at) => ({ ...at, files: Object.fromEntries(Object.entries(at.files).filter(([other]) => other !== path)) }),
  ),
  fc.tuple(fc.constantFrom('A', 'B'), fc.constantFrom('1', '2')).map(
    ([arg, value]): Edit =>
      (at) => ({ ...at, args: { ...at.args, [arg]: value } }),
  ),
)
/** What is given at first, and after each of a few changes. */
const history = fc.tuple(situation, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([first, edits]) => {
  const all = [first]
  for (const change of edits) all.push(change(all.at(-1)!))
  return all
})

/** The files of a context; a name below another file is left out. Links are made by a step, because contexts in memory have none. */
function contextOf({ files: given }: Situation) {
  const taken = compatible(given)
  const context: Record<string, Exclude<Entry, { link: string }>> = {}
  const links: Record<'app' | 'bound', string[]> = { app: [], bound: [] }
  for (const [path, value] of taken) {
    const folder = path.startsWith('m/') ? 'bound' : 'app'
    const name = folder === 'app' ? path : path.slice('m/'.length)
    if ('link' in value)
      links[folder].push(`mkdir -p ${name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '.'}; ln -s ${value.link} ${name}`)
    else context[`${folder}/${name}`] = value
  }
  return { context, links }
}

const stepOf = (commands: readonly string[]): string => (commands.length === 0 ? '' : `RUN ${commands.join('; ')}\n`)

const count = { traced: 0, ran: 0 }
afterAll(() => console.log(`traced builds that differ from the one before: ${count.traced} hits, ${count.ran} runs`))

async function run(
  { lines, user, bind }: Program,
  at: Situation,
  store = memoryStore(),
  strength: 'traced' | 'content' = 'content',
): Promise<BuildResult> {
  const { context, links } = contextOf(at)
  const script = lines.map((line) => `${line}`).join('\n')
  const dockerfile = `FROM scratch AS base
COPY rootfs/ /
WORKDIR /app
FROM base AS bound
COPY bound/ .
${stepOf(links.bound)}FROM base
COPY app/ .
${stepOf(links.app)}ARG A
ARG B
RUN chmod 777 . # for USER
${user}RUN --mount=type=bind,from=bound,source=/app,target=m${bind} <<END
exec 2>/dev/null
${script}
:
END
`
  return build({
    context: memoryContext({ ...BASE, 'app/keep': '', 'bound/keep': '', ...context, Dockerfile: dockerfile }),
    store,
    executor: simulatedShell(),
    buildArgs: new Map(Object.entries(at.args)),
    cache: { strength },
  })
}

fuzz(
  'a traced build gives what a clean build gives',
  fc.asyncProperty(program, history, async (made, situations) => {
    const store = memoryStore()
    for (const [i, at] of situations.entries()) {
      const traced = await outcomeOf(run(made, at, store, 'traced'))
      const clean = await outcomeOf(run(made, at))
      expect(traced.digest).toBe(clean.digest)
      if (i === 0) continue
      if (!traced.result) continue
      const { outcome, reason } = traced.result.steps.at(-1)!
      if (reason === 'nothing that it looked at changed') count.traced++
      if (outcome === 'ran') count.ran++
    }
  }),
  { share: 0.006, few: 30 },
)
