/**
 * One project, and edits of it, as data: what `docs/cache.md` compares the strengths of the cache on, and what `record.mjs` gives to BuildKit.
 * @typedef {{ content: string, mode?: number } | { link: string }} File
 * @typedef {object} Project
 * @property {Readonly<Record<string, File>>} files
 * @property {string} dockerfile
 * @property {string} dockerignore
 * @property {Readonly<Record<string, string>>} args
 * @property {string} secret
 * @property {'first' | 'rebuilt' | 'changed'} base the base image; `rebuilt`: the same files, another image
 * @property {number} seconds mtime of every file, since 1970
 * @property {string} folder where it lies
 */

const DOCKERFILE = `# a comment
ARG OUTSIDE=1
FROM base AS deps
WORKDIR /app
COPY package.json ./
RUN cat package.json > installed
FROM deps AS made
COPY . .
ARG SCOPED=1
RUN cat src/main > made
ARG USED=1
RUN echo $USED > used
RUN --mount=type=secret,id=token cat made > again
FROM base AS unneeded
COPY README.md /
FROM base
COPY --from=made /app/made /made
COPY --chmod=755 bin/ /tools/
RUN ls /tools > listing
ARG AFTER=1
LABEL after=$AFTER
CMD ["cat", "/made"]
`

/** Steps by what their instruction begins with, in the order of the table. */
export const STEPS = /** @type {const} */ ([
  ['workdir', 'WORKDIR /app'],
  ['copy package.json', 'COPY package.json'],
  ['run install', 'RUN cat package.json'],
  ['copy all', 'COPY . .'],
  ['run make', 'RUN cat src/main'],
  ['run used', 'RUN echo'],
  ['run secret', 'RUN --mount=type=secret'],
  ['copy made', 'COPY --from=made'],
  ['copy tools', 'COPY --chmod=755'],
  ['run list', 'RUN ls /tools'],
])

/** The base image's own tree: busybox and the names of its commands. The caller puts the program in. */
export const BASE_LINKS = ['sh', 'cat', 'ls', 'echo']

/** @type {Project} */
export const project = {
  files: {
    'package.json': { content: '{}\n' },
    'README.md': { content: 'read me\n' },
    'src/main': { content: 'one\n' },
    'src/other': { content: 'other\n' },
    'src/link': { link: 'main' },
    'bin/tool': { content: 'tool\n' },
    'ignored/log': { content: 'log\n' },
  },
  dockerfile: DOCKERFILE,
  dockerignore: 'Dockerfile\n.dockerignore\nignored\n',
  args: {},
  secret: 'first',
  base: 'first',
  seconds: 1_600_000_000,
  folder: 'project',
}

/** @typedef {(project: Project) => Project} Edit */
/** @type {(path: string, file: File) => Edit} */
const put = (path, file) => (at) => ({ ...at, files: { ...at.files, [path]: file } })
/** @type {(path: string) => Edit} */
const drop = (path) => (at) => ({ ...at, files: Object.fromEntries(Object.entries(at.files).filter(([name]) => name !== path)) })
/** @type {(from: string | RegExp, to: string) => Edit} */
const replace = (from, to) => (at) => ({ ...at, dockerfile: at.dockerfile.replace(from, to) })
/** @type {(name: string, value: string) => Edit} */
const arg = (name, value) => (at) => ({ ...at, args: { ...at.args, [name]: value } })
/** @type {(change: (mode: number) => number) => Edit} */
const modes = (change) => (at) => ({
  ...at,
  files: Object.fromEntries(
    Object.entries(at.files).map(([path, file]) => [path, 'link' in file ? file : { ...file, mode: change(file.mode ?? 0o644) }]),
  ),
})

/** BuildKit takes a file of the same size and time for the same file: there its hits are stale. */
export const SAME_SIZE = 'content of `src/main`, with the same size and time'

/** @type {readonly (readonly [name: string, edit: Edit])[]} */
export const EDITS = [
  ['nothing', (at) => at],
  ['another time on every file (`touch`)', (at) => ({ ...at, seconds: 1_700_000_000 })],
  ['a clean checkout: another folder, other times', (at) => ({ ...at, seconds: 1_700_000_000, folder: 'checkout' })],
  ['a clean checkout with another umask', (at) => modes((mode) => mode & 0o700)({ ...at, folder: 'checkout' })],
  ['content of `package.json`', put('package.json', { content: '{"a":1}\n' })],
  ['content of `src/main`, which a RUN reads', put('src/main', { content: 'changed\n' })],
  [SAME_SIZE, put('src/main', { content: 'two\n' })],
  ['content of `src/other`, which no RUN reads', put('src/other', { content: 'another\n' })],
  ['content of `README.md`, beside the folders', put('README.md', { content: 'read this\n' })],
  ['mode of `src/other`', put('src/other', { content: 'other\n', mode: 0o755 })],
  ['mode of `bin/tool`, which `--chmod` decides', put('bin/tool', { content: 'tool\n', mode: 0o700 })],
  ['content of `bin/tool`, of which only the name is listed', put('bin/tool', { content: 'new tool\n' })],
  ['a new file in `bin/`', put('bin/new', { content: 'new\n' })],
  ['a new file in `src/`', put('src/new', { content: 'new\n' })],
  ['a file removed from `src/`', drop('src/other')],
  ['a file renamed in `src/`', (at) => put('src/renamed', { content: 'other\n' })(drop('src/other')(at))],
  ['a file renamed in `bin/`', (at) => put('bin/renamed', { content: 'tool\n' })(drop('bin/tool')(at))],
  ['a link that leads elsewhere', put('src/link', { link: 'other' })],
  ['an ignored file', put('ignored/log', { content: 'more\n' })],
  ['a new ignored file', put('ignored/new', { content: 'new\n' })],
  ['a comment in `.dockerignore`', (at) => ({ ...at, dockerignore: `# ignored\n${at.dockerignore}` })],
  ['ARG declared outside every stage', arg('OUTSIDE', '2')],
  ['ARG declared below every step', arg('AFTER', '2')],
  ['ARG in scope of RUN, not used', arg('SCOPED', '2')],
  ['ARG used by a RUN', arg('USED', '2')],
  ['a secret’s value', (at) => ({ ...at, secret: 'second' })],
  ['a comment in the Dockerfile', replace('# a comment', '# another comment')],
  ['keywords in lower case, blank lines', (at) => replace(/^RUN ls/m, '\nrun ls')(replace('WORKDIR', 'workdir')(at))],
  ['a stage renamed', (at) => replace('--from=made', '--from=built')(replace('AS made', 'AS built')(at))],
  ['LABEL and CMD at the end', replace('CMD ["cat", "/made"]', 'LABEL x=y\nCMD ["ls"]')],
  ['LABEL in the first stage', replace('WORKDIR /app', 'LABEL x=y\nWORKDIR /app')],
  ['ENV in the first stage, which no command reads', replace('COPY package.json', 'ENV UNREAD=1\nCOPY package.json')],
  ['a RUN written otherwise, with the same result', replace('RUN cat package.json >', 'RUN cat package.json  >')],
  ['a RUN written otherwise, with another result', replace('RUN cat package.json >', 'RUN cat package.json package.json >')],
  [
    'two RUN in the other order',
    replace('RUN cat src/main > made\nARG USED=1\nRUN echo $USED > used\n', 'ARG USED=1\nRUN echo $USED > used\nRUN cat src/main > made\n'),
  ],
  ['a step put in above all others', replace('WORKDIR /app', 'COPY README.md /\nWORKDIR /app')],
  ['an unneeded stage', replace('COPY README.md /\nFROM base\n', 'COPY package.json /\nFROM base\n')],
  ['base rebuilt, with the same content', (at) => ({ ...at, base: 'rebuilt' })],
  ['base with one more file, which no command looks at', (at) => ({ ...at, base: 'changed' })],
]

/** @type {(instruction: string) => string | undefined} */
export const stepNamed = (instruction) => {
  const words = instruction.replace(/^\w+/, (word) => word.toUpperCase()).replaceAll('--from=built', '--from=made')
  return STEPS.find(([, begin]) => words.startsWith(begin))?.[0]
}
