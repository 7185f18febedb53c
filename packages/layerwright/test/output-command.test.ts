import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cli, commandLine, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const context = join(scratch, 'context')
const store = join(scratch, 'store')
const layerwright = commandLine(store, scratch)
/** Far more than a pipe holds, so that who writes has to wait for who reads. */
const BYTES = 8 << 20

beforeAll(() => {
  mkdirSync(context)
  writeFiles(context, {
    Dockerfile: 'FROM scratch AS one\nCOPY blob /blob\n',
    'x\u001b[31m\nred': '',
    'odd.Dockerfile': 'FROM scratch\nCOPY x* /\n',
  })
  writeFileSync(join(context, 'blob'), new Uint8Array(BYTES).fill(7))
})

/** What a command writes to a pipe. */
async function piped(args: readonly string[]): Promise<{ status: number | null; bytes: Buffer; stderr: string }> {
  const child = spawn(process.execPath, [cli, '--store', store, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const status = await new Promise<number | null>((done) => child.on('close', done))
  return { status, bytes: Buffer.concat(chunks), stderr }
}

const TAR_BLOCK = 512
/** Names of a tar's entries, which end with two empty blocks and nothing behind them but more of these. */
function namesOfTar(tar: Buffer): string[] {
  const names: string[] = []
  let at = 0
  for (; tar[at]; ) {
    names.push(tar.toString('latin1', at, tar.indexOf(0, at)))
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8)
    at += TAR_BLOCK + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  expect(tar.length - at).toBeGreaterThanOrEqual(2 * TAR_BLOCK)
  expect(tar.subarray(at).every((byte) => byte === 0)).toBe(true)
  return names
}

describe('an output to standard output', () => {
  it.each([
    ['-', ['blob']],
    ['type=tar,dest=-', ['blob']],
    ['type=oci,dest=-', expect.arrayContaining(['index.json', 'oci-layout'])],
    ['type=docker,dest=-', expect.arrayContaining(['manifest.json'])],
  ])('is the archive and nothing else with -o %s', async (spec, names) => {
    const { status, bytes, stderr } = await piped(['build', '-o', spec, context])
    expect(status, stderr).toBe(0)
    expect(bytes.length).toBeGreaterThan(BYTES)
    expect(namesOfTar(bytes)).toEqual(names)
  })

  it('waits for its reader, also when an image is exported', async () => {
    await layerwright(['build', '-q', '-t', 'big', context])
    const { status, bytes, stderr } = await piped(['export', 'store:big'])
    expect(status, stderr).toBe(0)
    expect(namesOfTar(bytes)).toEqual(['blob'])
  })
})

describe('a bad output', () => {
  beforeAll(() => {
    writeFiles(scratch, { 'full/a': '', file: '' })
  })

  it.each([
    ['a file for a folder', ['-o', 'file'], 'is not a folder'],
    ['a folder that holds something', ['-o', 'full'], 'is not empty'],
    ['a folder for a file', ['-o', 'type=oci,dest=full'], 'is a folder'],
    ['a folder that is not there', ['-o', 'type=tar,dest=none/x.tar'], 'there is no folder'],
    ['a folder on standard output', ['-o', 'type=local,dest=-'], 'standard output takes no folder'],
    ['two on standard output', ['-o', '-', '-o', 'type=oci,dest=-'], 'takes one output'],
    ['events and an archive in one stream', ['-o', '-', '--progress', 'json'], 'exclude each other'],
  ])('is refused before anything is built: %s', async (_what, flags, words) => {
    const { status, stdout, stderr } = await layerwright(['build', ...flags, context])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(words)
    expect(stderr).toContain('[USAGE]\nnext: ')
    expect(stderr).not.toContain('COPY')
    expect(readdirSync(join(scratch, 'full'))).toEqual(['a'])
  })
})

describe('what a build is told', () => {
  it('shows names of files on one line and without control characters', async () => {
    await layerwright(['build', '-f', 'context/odd.Dockerfile', context])
    writeFiles(context, { 'x\u001b[31m\nred': 'changed' })
    const changed = await layerwright(['build', '-f', 'context/odd.Dockerfile', context])
    expect(changed.stderr).toContain('`x\u241b[31m\u240ared` changed')
    expect(changed.stderr).not.toContain('\u001b[31m')
  })

  it('names stages of --no-cache-filter and --max-age that are not there', async () => {
    const { status, stderr } = await layerwright(['build', '--no-cache-filter', 'one,ohne', '--max-age', 'too=1d', context])
    expect(status).toBe(0)
    expect(stderr).toMatch(/NOTE nothing is run again for ohne: .*\nNOTE nothing is run again for too: /)
    expect(stderr).not.toContain('for one:')
  })

  it('takes the ignore file beside a Dockerfile outside of the context, and no folder for a Dockerfile', async () => {
    writeFiles(scratch, { 'apart/a.Dockerfile': 'FROM scratch\nCOPY . /\n', 'apart/a.Dockerfile.dockerignore': 'blob\n*file\n' })
    writeFiles(context, { '.dockerignore': '*\n!blob\n' })
    const { bytes } = await piped(['build', '-o', '-', '-f', join(scratch, 'apart/a.Dockerfile'), context])
    expect(namesOfTar(bytes)).toEqual(['.dockerignore', 'x\u001b[31m\nred'])
    rmSync(join(context, '.dockerignore'))
    expect((await layerwright(['build', '-f', 'apart', context])).stderr).toContain('--file apart: it is a folder [USAGE]')
  })

  it('refuses an annotation without a value, and a store without a name', async () => {
    expect((await layerwright(['build', '--annotation', 'index:a', context])).stderr).toContain('there is no value [USAGE]')
    expect((await layerwright(['build', context], { LAYERWRIGHT_STORE: '' })).stderr).toContain('the store has no name')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends orderly by %s', async (signal) => {
    const endless = join(scratch, 'endless')
    writeFiles(endless, { Dockerfile: 'FROM scratch\nCOPY --chmod=755 sh /bin/sh\nRUN while true; do :; done\n' })
    // the start of a program: the simulated shell only looks whether there is one
    writeFileSync(join(endless, 'sh'), new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]))
    const args = ['build', '--executor', 'shell', '--progress', 'plain', endless]
    const child = spawn(process.execPath, [cli, '--store', store, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      const before = stderr
      stderr += chunk.toString()
      if (stderr.includes('RUN while') && !before.includes('RUN while')) child.kill(signal)
    })
    expect(await new Promise((done) => child.on('close', done))).toBe(1)
    expect(stderr.slice(-200)).toContain('[CANCELLED]\nnext: ')
  })
})
