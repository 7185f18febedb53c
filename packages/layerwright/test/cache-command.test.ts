import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const folder = scratchFolder()
const context = join(folder, 'context')
let count = 0
/** A machine that has nothing. */
const machine = () => commandLine(join(folder, `store${count++}`), context)
const registry = memoryRegistry()
let host = ''
let close = async () => {}

beforeAll(async () => {
  const served = await serveRegistry(registry)
  host = served.host
  close = served.close
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'FROM scratch AS deps\nCOPY big /big\nFROM scratch\nCOPY --from=deps /big /copied\nCOPY small /small\n',
    big: randomBytes(100_000).toString('hex'),
    small: 'small',
  })
})
afterAll(() => close())

/** Outcomes of the steps of a build, and its digest. */
async function built(run: ReturnType<typeof commandLine>, args: readonly string[] = []) {
  const { status, stdout, stderr } = await run(['build', '--progress', 'json', ...args, '.'])
  expect([status, stderr.replaceAll(/^\{.*$/gm, '').trim()]).toEqual([0, ''])
  const events = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  return {
    outcomes: events.filter(({ type }) => type === 'step.finished').map(({ outcome }) => outcome),
    notices: events.filter(({ type }) => type === 'notice').map(({ code }) => code),
    digest: events.find(({ type }) => type === 'build.finished').digests[0],
  }
}
const ALL_CACHED = ['cached', 'cached', 'cached']

describe('--cache-to and --cache-from', () => {
  it('carry all steps over a registry', async () => {
    const cache = `type=registry,ref=${host}/team/cache`
    const first = await built(machine(), ['--cache-to', `${cache},mode=max`])
    for (let i = 0; i < 2; i++) expect(await built(machine(), ['--cache-from', cache])).toEqual({ ...first, outcomes: ALL_CACHED })
    expect(await built(machine(), ['--cache-from', `${host}/team/cache`])).toEqual({ ...first, outcomes: ALL_CACHED })
  })
  it('carry the steps of the image with mode=min', async () => {
    const cache = `type=registry,ref=${host}/team/small`
    await built(machine(), ['--cache-to', cache])
    expect((await built(machine(), ['--cache-from', cache])).outcomes).toEqual(['ran', 'cached', 'cached'])
  })
  it('carry all steps over a folder, which is an OCI layout that several may write to', async () => {
    const dest = join(folder, 'shared')
    const [one, two] = await Promise.all(
      ['gzip', 'none'].map((compression) =>
        built(machine(), ['--cache-to', `type=local,dest=${dest},mode=max,compression=${compression}`]),
      ),
    )
    expect(one).toEqual(two)
    expect(JSON.parse(readFileSync(join(dest, 'index.json'), 'utf8')).manifests).toHaveLength(3)
    expect(await built(machine(), ['--cache-from', `type=local,src=${dest}`])).toEqual({ ...one, outcomes: ALL_CACHED })
  })
  it('carry the steps of an image inside it', async () => {
    const run = machine()
    const first = await built(run, ['-t', `${host}/app:1`, '--cache-to', 'type=inline'])
    expect((await run(['push', `${host}/app:1`])).status).toBe(0)
    const again = await built(machine(), ['--cache-to', 'type=inline', '--cache-from', `type=registry,ref=${host}/app:1`])
    expect(again).toMatchObject({ digest: first.digest, notices: [] })
    expect(again.outcomes).toEqual(['ran', 'cached', 'cached'])
  })
  it('are done without where they can not be reached, and that is said', async () => {
    const dead = 'type=registry,ref=127.0.0.1:1/cache'
    const made = await built(machine(), [
      '--cache-from',
      dead,
      '--cache-to',
      dead,
      '--cache-from',
      `type=local,src=${join(folder, 'none')}`,
    ])
    expect(made.outcomes).toEqual(['ran', 'ran', 'ran'])
    expect(made.notices).toEqual(['CACHE_UNREACHABLE', 'CACHE_UNREACHABLE', 'CACHE_UNREACHABLE'])
  })
  it.each([
    ['--cache-from', 'type=ftp,ref=x', /unknown type/],
    ['--cache-from', 'type=local', /there is no src/],
    ['--cache-from', 'type=registry,path=x', /unknown key/],
    ['--cache-from', 'type=registry,ref=UPPER', /no image reference/],
    ['--cache-to', 'type=local', /there is no dest/],
    ['--cache-to', 'type=registry,ref=x,mode=all', /unknown mode/],
    ['--cache-to', 'type=registry,ref=x,compression=xz', /unknown compression/],
  ])('are refused as %s %s', async (flag, spec, message) => {
    const { status, stderr } = await machine()(['build', flag, spec, '.'])
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
  })
})

describe('cache export and cache import', () => {
  it.each(['bundle.tar', 'bundle'])('make everything hit on another machine, by %s', async (name) => {
    const here = machine()
    const first = await built(here)
    const bundle = join(folder, name)
    expect((await here(['cache', 'export', bundle])).stdout).toBe(`3 steps written to ${bundle}\n`)
    const there = machine()
    expect((await there(['cache', 'import', bundle])).stdout).toBe('3 steps taken, 0 were there, 0 refused\n')
    for (let i = 0; i < 2; i++) expect(await built(there)).toEqual({ ...first, outcomes: ALL_CACHED })
    expect((await there(['cache', 'import', bundle])).stdout).toBe('0 steps taken, 3 were there, 0 refused\n')
    expect((await there(['store', 'verify'])).stdout).toMatch(/all right/)
  })
  it('refuse what is not what it says, and what nobody asked for', async () => {
    const here = machine()
    await built(here)
    const bundle = join(folder, 'damaged')
    await here(['cache', 'export', '--producer', 'ci', bundle])
    const blobs = join(bundle, 'blobs', 'sha256')
    // The layer that two steps have in common is the largest.
    const layer = readdirSync(blobs).sort((a, b) => statSync(join(blobs, b)).size - statSync(join(blobs, a)).size)[0]!
    const bytes = readFileSync(join(blobs, layer))
    bytes[5000]! ^= 1
    writeFileSync(join(blobs, layer), bytes)
    const there = machine()
    const { status, stdout, stderr } = await there(['cache', 'import', bundle])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^\d steps taken, 0 were there, [12] refused\n$/)
    expect(stderr).toMatch(/CACHE_LAYER_UNUSABLE/)
    expect((await machine()(['cache', 'import', '--producer', 'release', bundle])).stdout).toBe('0 steps taken, 0 were there, 3 refused\n')
  })
})

describe('traced results', () => {
  const traced = join(folder, 'traced')
  const project = () => commandLine(join(folder, `store${count++}`), traced)
  const FLAGS = ['--executor', 'shell', '--cache-strength', 'traced']
  const RUN = 'RUN cat wanted > out'
  /** The outcome and the reason of the command, after a change to a file that it does not read. */
  async function edited(run: ReturnType<typeof commandLine>, other: string, flags: readonly string[] = []) {
    writeFileSync(join(traced, 'other'), other)
    const { status, stdout, stderr } = await run(['build', '--progress', 'json', ...FLAGS, ...flags, '.'])
    expect(status, stderr).toBe(0)
    const steps = `${stdout}\n${stderr}`.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    const { outcome, reason } = steps.find(({ type, instruction }) => type === 'step.finished' && instruction === RUN)
    return `${outcome}: ${reason}`
  }
  const HIT = 'cached: nothing that it looked at changed'
  beforeAll(() => {
    mkdirSync(traced)
    const commands = ['sh', 'cat'].map((name) => `COPY --chmod=755 stub /bin/${name}\n`).join('')
    writeFiles(traced, {
      Dockerfile: `FROM scratch\n${commands}WORKDIR /app\nCOPY wanted other ./\n${RUN}\n`,
      stub: '\x7fELF stub',
      wanted: 'wanted',
    })
  })

  it('are found on another machine over a registry and over a folder', async () => {
    for (const [to, from] of [
      [`type=registry,ref=${host}/team/traced`, `type=registry,ref=${host}/team/traced`],
      [`type=local,dest=${join(folder, 'traced-cache')}`, `type=local,src=${join(folder, 'traced-cache')}`],
    ] as const) {
      expect(await edited(project(), '1', ['--cache-to', to])).toBe('ran: first time')
      expect(await edited(project(), '2', ['--cache-from', from])).toBe(HIT)
    }
  })
  it.each(['traced.tar', 'traced-bundle'])('are found on another machine by %s', async (name) => {
    const [here, there, bundle] = [project(), project(), join(folder, name)]
    expect(await edited(here, '1')).toBe('ran: first time')
    expect((await here(['cache', 'export', bundle])).stdout).toBe(`6 steps written to ${bundle}\n`)
    expect((await there(['cache', 'import', bundle])).stdout).toBe('6 steps taken, 0 were there, 0 refused\n')
    expect(await edited(there, '2')).toBe(HIT)
    expect((await there(['store', 'verify'])).stdout).toMatch(/all right/)
  })
})
