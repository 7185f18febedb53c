/** A volume that several containers of a real sandbox run on. */
import { randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { sandboxed } from '../../executor/test/support.js'
import { starter, storeWithBox } from './live-support.js'
import { commandLine, scratchFolder } from './support.js'

const busybox = requireTool('busybox')
/** For what must come, on a machine with much to do. */
const PATIENT = { timeout: 120_000 }
const LOOP = 'while :; do sleep 0.1; done'

describe.skipIf(!busybox || !sandboxed('runc'))('containers on one volume', PATIENT, () => {
  const folder = scratchFolder()
  const dir = join(folder, 'store')
  // Its own sandbox folder: what is left in it is this test's.
  const cache = join(folder, 'cache')
  const environment = { XDG_CACHE_HOME: cache }
  const engine = commandLine(dir)
  const lw = (...args: string[]) => engine(args, environment)
  const start = starter(dir, environment)
  const linux = ['run', '--executor', 'linux']
  const folders = () => readdirSync(join(cache, 'layerwright', 'linux', 'shared'))
  beforeAll(async () => {
    mkdirSync(cache)
    await storeWithBox(folder, busybox!)
  })
  afterAll(async () => {
    const { stdout } = await lw('ps', '--quiet')
    for (const id of stdout.split('\n').filter(Boolean)) await lw('rm', '--force', id)
  }, PATIENT.timeout)

  it('see at once what the others write, however they came to it', PATIENT, async () => {
    const wait = 'until [ -e /data/answer ]; do sleep 0.1; done'
    const first = start([
      ...linux,
      '--name',
      'first',
      '-v',
      'vol:/data',
      'box',
      'sh',
      '-c',
      `echo asked > /data/asked; echo up; ${wait}; cat /data/answer`,
    ])
    await first.seen('up')
    const other = await lw(...linux, '-d', '--name', 'second', '--volumes-from', 'first', 'box', 'sh', '-c', LOOP)
    expect(other.status).toBe(0)
    expect((await lw('exec', 'second', 'cat', '/data/asked')).stdout).toBe('asked\n')
    // the simulated shell, and a copy into a container that does not run
    expect(
      (
        await lw(
          'run',
          '--executor',
          'shell',
          '--name',
          'shell',
          '-v',
          'vol:/data',
          'box',
          'sh',
          '-c',
          'cat /data/asked; echo shell > /data/shell',
        )
      ).stdout,
    ).toBe('asked\n')
    writeFileSync(join(folder, 'copied'), 'copied\n')
    expect((await lw('cp', join(folder, 'copied'), 'shell:/data/copied')).status).toBe(0)
    expect((await lw('exec', 'second', 'cat', '/data/shell', '/data/copied')).stdout).toBe('shell\ncopied\n')
    expect((await lw('volume', 'rm', 'vol')).stderr).toContain('VOLUME_IN_USE')
    expect((await lw('system', 'df')).stdout).toContain('Beside the store: 1 volumes that containers run on')
    expect((await lw('exec', 'second', 'sh', '-c', 'echo 42 > /data/answer')).status).toBe(0)
    expect(await first.ended).toBe(0)
    expect(first.text()).toBe('up\n42\n')
    expect(folders()).toHaveLength(1)
    await lw('rm', '--force', 'second')
    expect(folders()).toEqual([])
    expect((await lw('run', '--executor', 'shell', '--rm', '-v', 'vol:/data', 'box', 'ls', '/data')).stdout).toBe(
      'answer\nasked\ncopied\nshell\n',
    )
  })

  it('lose nothing that was written when who runs one is killed, at whatever instant', PATIENT, async () => {
    const rounds = 6
    const delays = Array.from({ length: rounds }, () => randomInt(0, 900))
    const wrote: string[] = []
    for (const [round, delay] of delays.entries()) {
      const script = `echo ${round} > /data/${round}; echo wrote ${round}; sleep 0.2`
      // In every other round somebody else has it too.
      const beside = round % 2 === 1 ? await lw(...linux, '-d', '--rm', '-v', 'lost:/data', 'box', 'sh', '-c', LOOP) : undefined
      const killed = start([...linux, '--name', `lost-${round}`, '-v', 'lost:/data', 'box', 'sh', '-c', script])
      const timer = setTimeout(() => killed.process.kill('SIGKILL'), delay)
      await killed.ended
      clearTimeout(timer)
      if (killed.text().includes('wrote')) wrote.push(String(round))
      if (beside) await lw('rm', '--force', beside.stdout.trim())
      const { stdout } = await lw('run', '--executor', round % 3 ? 'linux' : 'shell', '--rm', '-v', 'lost:/data', 'box', 'ls', '/data')
      expect(stdout.split('\n'), `killed after ${delays.slice(0, round + 1).join(', ')} ms`).toEqual(expect.arrayContaining(wrote))
    }
    expect(folders()).toEqual([])
  })
})
