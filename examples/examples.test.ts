/** The examples' READMEs are run: each `$` line of a console block, in order, and what it is said to print has to be printed. */
import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { blocksOf } from '../test/support/markdown.js'
import { leaveOut, requireTool } from '../test/support/tools.js'

const examples = dirname(fileURLToPath(import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'layerwright-examples-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

// A command of the name that the READMEs use, which is the built command line.
const bin = join(scratch, 'bin')
mkdirSync(bin)
writeFileSync(
  join(bin, 'layerwright'),
  `#!/bin/sh\nexec "${process.execPath}" "${join(examples, '../packages/layerwright/dist/cli.js')}" "$@"\n`,
)
chmodSync(join(bin, 'layerwright'), 0o755)

interface Command {
  readonly line: string
  readonly expected: readonly string[]
}

/** `$ command` lines with the lines of output below each. */
function commandsOf(text: string): Command[] {
  const commands: { line: string; expected: string[] }[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('$ ')) commands.push({ line: line.slice(2), expected: [] })
    else if (line.trim() !== '') commands.at(-1)?.expected.push(line)
  }
  return commands
}

/** A copy of the examples and a store of its own, in which commands run one after the other. */
function workshop(name: string) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  cpSync(examples, join(folder, 'examples'), { recursive: true, verbatimSymlinks: true })
  const env = { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: join(folder, 'store'), PATH: [bin, process.env.PATH].join(delimiter) }
  const run = (line: string) =>
    new Promise<{ status: number; output: string }>((done) => {
      execFile('sh', ['-c', `${line} 2>&1`], { cwd: folder, env }, (error, output) =>
        done({ status: error ? Number(error.code) : 0, output }),
      )
    })
  return { folder: join(folder, 'examples'), run }
}

/** Parts around `…` have to come in this order. */
function shows(output: string, expected: string): boolean {
  let from = 0
  for (const part of expected.split('…').map((text) => text.trim())) {
    const at = output.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}

const names = readdirSync(examples, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

describe.each(names)('the README of examples/%s', (name) => {
  const blocks = blocksOf(join(examples, name, 'README.md')).filter(({ language }) => language === 'console')

  it('runs as it is written', async () => {
    const { run } = workshop(name)
    expect(blocks.length).toBeGreaterThan(0)
    for (const { line, expected } of blocks.flatMap(({ code }) => commandsOf(code))) {
      const { status, output } = await run(line)
      expect(status, `$ ${line}\n${output}`).toBe(0)
      for (const text of expected) expect(shows(output, text), `$ ${line}\n${output}\nshould show: ${text}`).toBe(true)
    }
  })
})

it('the walk in the README of @layerwright/build prints what it says', async () => {
  const { run } = workshop('walk')
  const blocks = blocksOf(join(examples, '../packages/build/README.md')).filter(({ language }) => language === 'console')
  expect(blocks.length).toBeGreaterThan(0)
  for (const { line, expected } of blocks.flatMap(({ code }) => commandsOf(code))) {
    const { status, output } = await run(line)
    expect(status, `$ ${line}\n${output}`).toBe(0)
    expect(shows(output, expected.join('\n')), `$ ${line}\n${output}`).toBe(true)
  }
})

// A base with a real program instead: the READMEs' own commands, in a sandbox because the shell is a program, and simulated where that is asked for.
const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('examples in a real sandbox', 'this is not root')
const busybox = isRoot ? requireTool('busybox') : undefined
const ready = busybox !== undefined && requireTool('runc') !== undefined

describe.skipIf(!ready).each(['auto', 'shell'])('the examples on a base with a busybox, --executor %s', (executor) => {
  it('run as they are written', async () => {
    const { run } = workshop(`busybox-${executor}`)
    const base = `layerwright build -t example-base -f examples/base/busybox.Dockerfile --build-context tools=${dirname(busybox!)} examples/base`
    for (const name of names.filter((each) => each !== 'base')) {
      for (const { line, expected } of blocksOf(join(examples, name, 'README.md'))
        .filter(({ language }) => language === 'console')
        .flatMap(({ code }) => commandsOf(code))) {
        const said = line
          .replace(/^layerwright build -t example-base .*/, base)
          .replace(/^layerwright (build|run|exec|start) /, `layerwright $1 --executor ${executor} `)
        const { status, output } = await run(said)
        expect(status, `$ ${said}\n${output}`).toBe(0)
        for (const text of expected) expect(shows(output, text), `$ ${said}\n${output}\nshould show: ${text}`).toBe(true)
        if (/^layerwright build .*examples\/(first-image|multi-stage|cache-order)/.test(line))
          expect(/simulated/.test(output), output).toBe(executor === 'shell')
      }
    }
  })
})

describe('what the examples teach', () => {
  const outcomes = (output: string) =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'step.finished')
      .map(({ outcome, instruction }) => `${outcome}: ${instruction}`)

  it('first-image: a change of the code leaves the install step cached', async () => {
    const { folder, run } = workshop('edit-code')
    await run('layerwright build -t example-base examples/base')
    await run('layerwright build examples/first-image')
    const server = join(folder, 'first-image/src/server.js')
    writeFileSync(server, readFileSync(server, 'utf8').replace('world', 'moon'))
    const { output } = await run('layerwright build --progress json examples/first-image')
    expect(outcomes(output)).toEqual([
      'cached: WORKDIR /srv/app',
      'cached: COPY package.json install.sh ./',
      'cached: COPY vendor/ vendor/',
      'cached: RUN sh install.sh',
      'ran: COPY src/ src/',
    ])
  })

  it('cache-order: the same change runs the install step of the bad order again', async () => {
    const { folder, run } = workshop('edit-order')
    await run('layerwright build -t example-base examples/base')
    const builds = ['bad', 'good'].map((order) => `layerwright build --progress json -f ${order}.Dockerfile examples/cache-order/app`)
    for (const line of builds) expect((await run(line)).status).toBe(0)
    const server = join(folder, 'cache-order/app/src/server.js')
    writeFileSync(server, readFileSync(server, 'utf8').replace('world', 'moon'))
    expect(outcomes((await run(builds[0]!)).output)).toContain('ran: RUN sh install.sh')
    expect(outcomes((await run(builds[1]!)).output)).toContain('cached: RUN sh install.sh')
  })
})
