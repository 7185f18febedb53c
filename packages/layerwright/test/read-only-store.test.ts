/** A store that can only be read: what reads works, what writes says so with a code, and nothing changes. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../../../test/support/tools.js'
import { cli, commandLine, listing, repository, scratchFolder, writeFiles } from './support.js'

const run = promisify(execFile)
const scratch = scratchFolder()
const store = join(scratch, 'store')
const layerwright = commandLine(store, scratch)
// Only what node needs, not '/': a mount that another test takes away while bwrap binds all of them makes it fail.
const programs = ['/usr', '/bin', '/lib', '/lib64', '/etc', '/proc', dirname(process.execPath)].flatMap((path) => [
  '--ro-bind-try',
  path,
  path,
])
const own = ['--tmpfs', '/tmp', '--ro-bind', repository, repository, '--bind', scratch, scratch]
const mounts = [...programs, '--dev-bind', '/dev', '/dev', ...own]

beforeAll(async () => {
  writeFiles(scratch, { 'context/Dockerfile': 'FROM scratch\nCOPY a /a\nCMD ["/a"]\n', 'context/a': 'a', new: 'new' })
  for (const args of [
    ['build', '-q', '-t', 'app', 'context'],
    ['volume', 'create', 'data'],
    ['create', '--name', 'box', '-v', 'data:/data', 'app'],
    ['cp', 'new', 'box:/new'],
    ['save', 'app', '-o', 'app.tar'],
  ])
    expect((await layerwright(args)).stderr).toBe('')
})

/** bwrap, where it can mount here. */
function sandbox(): string | undefined {
  const tool = requireTool('bwrap')
  try {
    if (tool) execFileSync(tool, [...mounts, 'true'], { stdio: 'ignore' })
    return tool
  } catch {
    return leaveOut('a store that can only be read', 'bwrap can mount nothing here')
  }
}
const bwrap = sandbox()

async function reading(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store }
  try {
    return {
      status: 0,
      ...(await run(bwrap!, [...mounts, '--ro-bind', store, store, '--chdir', scratch, process.execPath, cli, ...args], { env })),
    }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, stdout, stderr }
  }
}

describe.skipIf(!bwrap)('a store that can only be read', () => {
  it('is read', async () => {
    const before = listing(store)
    expect((await reading('diff', 'box')).stdout).toBe('A /data\nA /new\n')
    expect((await reading('ps', '-a')).stdout).toContain('box')
    expect((await reading('cp', 'box:/new', 'copy')).stderr).toBe('')
    expect(readFileSync(join(scratch, 'copy'), 'utf8')).toBe('new')
    for (const args of [
      ['export', 'box', '-o', 'box.tar'],
      ['save', 'app', '-o', 'again.tar'],
      ['system', 'df'],
      ['system', 'prune', '--all', '--dry-run'],
      ['plan', 'context'],
      ['inspect', 'box', 'app', 'data'],
      ['store', 'verify'],
    ])
      expect(await reading(...args)).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(scratch, 'box.tar'))).toBe(true)
    expect(listing(store)).toEqual(before)
  })

  it('says so to what writes', async () => {
    const before = listing(store)
    for (const args of [
      ['tag', 'app', 'other'],
      ['load', '-i', 'app.tar'],
      ['import', 'app.tar', 'other'],
      ['cp', 'new', 'box:/other'],
      ['commit', 'box'],
      ['rm', 'box'],
      ['volume', 'rm', 'data'],
      ['build', '-q', 'context'],
      ['system', 'prune'],
    ]) {
      const { status, stderr } = await reading(...args)
      expect({ args, status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[STORE_ACCESS]') })
      expect(stderr).toContain('Check that the folder is yours and writable')
    }
    expect(listing(store)).toEqual(before)
  })
})
