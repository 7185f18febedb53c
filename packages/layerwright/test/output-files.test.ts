/** `-o FILE` of commands: a file that is complete or not there, whatever ends the command. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { starter } from './live-support.js'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const run = promisify(execFile)
const scratch = scratchFolder()
const store = join(scratch, 'store')
const layerwright = commandLine(store, scratch)
const start = starter(store)
const MIB = 1 << 20

beforeAll(async () => {
  writeFiles(scratch, { 'context/Dockerfile': 'FROM scratch\nCOPY f /f\nCMD ["/f"]\n', 'context/f': 'x'.repeat(32 * MIB) })
  for (const args of [
    ['build', '-q', '-t', 'app', 'context'],
    ['create', '--name', 'box', 'app'],
  ])
    expect((await layerwright(args)).stderr).toBe('')
})

const COMMANDS = [
  ['save', 'app'],
  ['save', '--format', 'oci', 'app'],
  ['export', 'box'],
  ['export', 'store:app'],
]

describe('a file that is written', () => {
  it.each(COMMANDS.map((words) => [words]))('%j leaves nothing else when a signal ends the command', async (words) => {
    const folder = join(scratch, words.join('-').replace(/\W/g, '-'))
    mkdirSync(folder)
    const { process, ended } = start([...words, '-o', join(folder, 'out')])
    // In the middle of it, or a moment later: what is left is the same.
    await Promise.race([ended, expect.poll(() => readdirSync(folder).length, { timeout: 60_000, interval: 1 }).toBeGreaterThan(0)])
    process.kill('SIGTERM')
    expect(['SIGTERM', 0]).toContain(await ended)
    expect(readdirSync(folder).filter((name) => name !== 'out')).toEqual([])
  })

  it('is told by its name where it can not be written', async () => {
    for (const words of COMMANDS) {
      const { status, stderr } = await layerwright([...words, '-o', join(scratch, 'none/out')])
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/none\/out could not be written: .* \[OUTPUT_FAILED\]/),
      })
    }
    const folder = await layerwright(['save', 'app', '-o', scratch])
    expect(folder).toMatchObject({ status: 1, stderr: expect.stringContaining('name a file') })
  })

  const mkfifo = requireTool('mkfifo')
  it.skipIf(!mkfifo)('does not take the place of what is no file', async () => {
    const pipe = join(scratch, 'pipe')
    execFileSync(mkfifo!, [pipe])
    const { ended } = start(['export', 'box', '-o', pipe])
    const read = await run('cat', [pipe], { encoding: 'buffer', maxBuffer: 64 * MIB, timeout: 100_000 })
    expect(read.stdout.length).toBeGreaterThan(32 * MIB)
    expect(await ended).toBe(0)
    expect(statSync(pipe).isFIFO()).toBe(true)
    const refused = await layerwright(['build', '-o', `type=tar,dest=${pipe}`, 'context'])
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('is no file [USAGE]') })
  })
})
