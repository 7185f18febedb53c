/** The command line between other programs: slow readers, readers that have seen enough, archives that never touch a disk of the user's. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openImageFile } from '@layerwright/image/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, commandLine, repository, scratchFolder, writeFiles } from './support.js'

const folder = scratchFolder()
const store = join(folder, 'store')
const lw = commandLine(store, folder)
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts the command line, whose output the test reads as it likes. */
function begin(args: readonly string[]) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store } })
  children.push(child)
  let complaints = ''
  child.stderr.on('data', (bytes: Buffer) => {
    complaints += bytes.toString()
  })
  const ended = new Promise<number | string | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  return { child, ended, complaints: () => complaints }
}

/** Takes one piece after the other, with a rest between them, so that the pipe is full most of the time. */
async function slowly({ child }: ReturnType<typeof begin>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of child.stdout) {
    pieces.push(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return Buffer.concat(pieces)
}

const PATIENT = { timeout: 60_000 }

beforeAll(async () => {
  writeFiles(folder, {
    'big/Dockerfile': 'FROM scratch\nCOPY bytes /bytes\n',
    'big/bytes': randomBytes(2_000_000).toString('hex'),
  })
  for (const [name, context] of [
    ['big', 'big'],
    ['small', join(repository, 'examples/base')],
  ] as const) {
    const built = await lw(['build', '-q', '-t', name, context])
    expect(built.stderr).toBe('')
  }
  expect((await lw(['create', '--name', 'made', 'big', 'x'])).status).toBe(0)
}, 60_000)

describe('a slow reader gets everything', PATIENT, () => {
  it.each([
    ['export', ['export', 'made']],
    ['cp', ['cp', 'made:/bytes', '-']],
    ['save', ['save', 'big']],
  ])('of %s', async (_, args) => {
    const started = begin(args)
    const bytes = await slowly(started)
    expect([await started.ended, started.complaints()]).toEqual([0, ''])
    expect(bytes.length).toBeGreaterThan(4_000_000)
    expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true)
  })
})

describe('a reader that goes away', PATIENT, () => {
  it.each([['help'], ['images'], ['inspect', 'big'], ['export', 'made'], ['save', 'big']])('is no fault: %s', async (...args) => {
    const started = begin(args)
    started.child.stdout.destroy()
    await started.ended
    expect(started.complaints()).toBe('')
  })
  it('ends the command of a container, whose files stay', async () => {
    const script = 'printf kept > /kept; while :; do echo y; done'
    const started = begin(['run', '--executor', 'shell', '--name', 'endless', 'small', 'sh', '-c', script])
    await Promise.race([new Promise((resolve) => started.child.stdout.once('data', resolve)), started.ended])
    started.child.stdout.destroy()
    expect([await started.ended, started.complaints()]).toEqual([137, ''])
    expect((await lw(['diff', 'endless'])).stdout).toBe('A /kept\n')
  })
})

describe('archives through pipes', PATIENT, () => {
  it('save writes several images to standard output, load reads them from standard input', async () => {
    const saving = begin(['save', 'big', 'small'])
    const loading = begin(['--store', join(folder, 'other'), 'load'])
    let said = ''
    loading.child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString()
    })
    saving.child.stdout.pipe(loading.child.stdin)
    expect([await saving.ended, await loading.ended]).toEqual([0, 0])
    expect(said).toBe('Loaded image: big:latest\nLoaded image: small:latest\n')
    const ids = async (dir: string) => (await lw(['--store', dir, 'images', '--quiet'])).stdout.split('\n').sort()
    expect(await ids(join(folder, 'other'))).toEqual(await ids(store))
  })
  it('one file holds several images, each under its own names', async () => {
    expect((await lw(['tag', 'big', 'large:1'])).status).toBe(0)
    expect((await lw(['save', '-o', 'all.tar', 'big', 'small', 'large:1'])).status).toBe(0)
    const source = await openImageFile(join(folder, 'all.tar'))
    const refs = (await source.list()).map((each) => [...each.refs].sort())
    source.close()
    expect(refs).toEqual([['big:latest', 'large:1'], ['small:latest']])
  })
  it('an OCI archive of several images is refused, nothing is written', async () => {
    const { status, stdout, stderr } = await lw(['save', '--format', 'oci', 'big', 'small'])
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('[USAGE]')
  })
})

describe('logs', PATIENT, () => {
  it('--timestamps puts one time before each line, --tail counts lines', async () => {
    const script = 'printf "one\\ntwo\\nth"; printf "ree\\nfour"'
    expect((await lw(['run', '--executor', 'shell', '--name', 'spoke', 'small', 'sh', '-c', script])).stdout).toBe('one\ntwo\nthree\nfour')
    const lines = async (...flags: string[]) => (await lw(['logs', '--timestamps', ...flags, 'spoke'])).stdout.split('\n')
    const stamped = ['one', 'two', 'three', 'four'].map((line) => expect.stringMatching(new RegExp(`^[0-9T:.-]{23}Z ${line}$`)))
    expect(await lines()).toEqual(stamped)
    expect(await lines('--tail', '2')).toEqual(stamped.slice(2))
    expect(await lines('--tail', '-1')).toEqual(stamped)
  })
})

describe('flags as Docker has them', PATIENT, () => {
  it.each([
    [['run', '--no-such', 'big'], 125],
    [['exec', '--no-such', 'made', 'x'], 125],
    [['run'], 125],
    [['ps', '--no-such'], 1],
    [['run', '--help'], 0],
    [['volume', 'prune', '-f'], 0],
    [['system', 'prune', '-f', '--dry-run'], 0],
  ])('%j ends with %i', async (args, status) => {
    expect((await lw(args as string[])).status).toBe(status)
  })
})
