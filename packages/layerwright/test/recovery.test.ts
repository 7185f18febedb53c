/** What a container wrote whose supervisor was killed is there afterwards, as with an engine whose container crashed. */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { sandboxed } from '../../executor/test/support.js'
import { starter, storeWithBox } from './live-support.js'
import { cli, commandLine, repository, scratchFolder } from './support.js'

const busybox = requireTool('busybox')
/** For what must come, on a machine with much to do. */
const PATIENT = { timeout: 120_000 }
const WRITE = [
  'echo mine > /tmp/mine; ln /tmp/mine /tmp/linked; echo changed > /www/index.html; rm /etc/passwd; mkdir -m 700 /kept; echo deep > /kept/deep',
  'echo data > /data/file; echo gone > /scratch/file; echo up; while :; do sleep 0.1; done',
].join('; ')
const DIFF = ['A /kept', 'A /kept/deep', 'A /tmp/linked', 'A /tmp/mine', 'C /etc', 'C /tmp', 'C /www', 'C /www/index.html', 'D /etc/passwd']

describe.skipIf(!busybox || !sandboxed('runc'))('a supervisor that is killed', PATIENT, () => {
  const folder = scratchFolder()
  const dir = join(folder, 'store')
  // Its own sandbox folder: what is left in it is this test's.
  const cache = join(folder, 'cache')
  const environment = { XDG_CACHE_HOME: cache }
  const runs = join(cache, 'layerwright', 'linux', 'runs')
  const engine = commandLine(dir)
  const lw = (...args: string[]) => engine(args, environment)
  const start = starter(dir, environment)
  beforeAll(async () => {
    mkdirSync(cache)
    await storeWithBox(folder, busybox!)
  })
  afterAll(async () => {
    const { stdout } = await lw('ps', '--quiet')
    for (const id of stdout.split('\n').filter(Boolean)) await lw('rm', '--force', id)
  }, PATIENT.timeout)

  /** Runs a container that writes, and kills who runs it. */
  async function lose(name: string, ...flags: string[]): Promise<void> {
    const mounts = ['-v', `${name}:/data`, '--tmpfs', '/scratch']
    const { process, seen, ended } = start(['run', '--executor', 'linux', '--name', name, ...mounts, ...flags, 'box', 'sh', '-c', WRITE])
    await seen('up')
    process.kill('SIGKILL')
    await ended
  }
  const changes = async (name: string) =>
    (await lw('diff', name)).stdout.split('\n').filter((line) => line !== '' && !/scratch|data/.test(line))
  const state = async (name: string) => JSON.parse((await lw('inspect', name)).stdout)[0].State

  it('leaves its files: layer, volume, removals, links', PATIENT, async () => {
    await lose('crashed')
    // who opens the sandbox next does not sweep them away
    expect((await lw('run', '--executor', 'linux', '--rm', 'box', 'true')).status).toBe(0)
    expect((await changes('crashed')).sort()).toEqual(DIFF)
    expect(await state('crashed')).toMatchObject({ Status: 'exited', ExitCode: 137, Error: '' })
    expect((await lw('commit', 'crashed', 'after')).status).toBe(0)
    const look = 'cat /kept/deep /www/index.html; stat -c %h /tmp/linked; ls -ld /kept; ls /etc'
    const { stdout } = await lw('run', '--executor', 'linux', '--rm', 'after', 'busybox', 'sh', '-c', look.replace('stat', 'busybox stat'))
    expect(stdout).toMatch(/^deep\nchanged\n2\ndrwx------/)
    expect(stdout).not.toContain('passwd')
    const volume = await lw('run', '--executor', 'shell', '--rm', '-v', 'crashed:/data', 'box', 'cat', '/data/file')
    expect(volume.stdout).toBe('data\n')
    await expect.poll(() => readdirSync(runs), PATIENT).toEqual([])
  })

  it('can be started again at once, on what was there', PATIENT, async () => {
    await lose('again')
    expect((await lw('start', 'again')).status).toBe(0)
    const { stdout } = await lw('exec', 'again', 'sh', '-c', 'cat /kept/deep /data/file; ls /scratch')
    expect(stdout).toContain('deep\ndata\n')
    await lw('rm', '--force', 'again')
  })

  it('stands recoveries that are killed themselves', PATIENT, async () => {
    await lose('twice')
    // anywhere between the first look and the end
    const delays = Array.from({ length: 12 }, () => randomInt(100, 700))
    for (const delay of delays) {
      const child = spawn(process.execPath, [cli, 'diff', 'twice'], {
        cwd: repository,
        env: { ...process.env, ...environment, LAYERWRIGHT_STORE: dir },
        stdio: 'ignore',
      })
      const timer = setTimeout(() => child.kill('SIGKILL'), delay)
      await new Promise((resolve) => child.once('close', resolve))
      clearTimeout(timer)
    }
    const seen = await Promise.all([changes('twice'), changes('twice')])
    for (const each of seen) expect(each.sort(), `killed after ${delays.join(', ')} ms`).toEqual(DIFF)
    expect((await lw('run', '--executor', 'linux', '--rm', '-v', 'twice:/data', 'box', 'cat', '/data/file')).stdout).toBe('data\n')
  })

  it('leaves them also where the machine went down with it, as far as they were on the disk', PATIENT, async () => {
    const shared = join(cache, 'layerwright', 'linux', 'shared')
    /** As if what is in a folder of the sandbox were from before a restart. */
    const age = (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(boot, 'another boot'))
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const goDown = async (name: string, synced: boolean) => {
      await lose(name)
      const run = readdirSync(runs).find((each) => existsSync(join(runs, each, 'recoverable')))
      const [volume] = readdirSync(shared)
      const marker = join(shared, volume!, 'synced')
      // The command line that was killed may have written it or not.
      if (synced) writeFileSync(marker, '')
      else rmSync(marker, { force: true })
      for (const file of [join(runs, run!, 'recoverable'), join(shared, volume!, 'boot')]) age(file)
    }
    await goDown('down', true)
    expect((await changes('down')).sort()).toEqual(DIFF)
    expect(await state('down')).toMatchObject({ Status: 'exited', Error: '' })
    const file = async (name: string) =>
      (await lw('run', '--executor', 'linux', '--rm', '-v', `${name}:/data`, 'box', 'ls', '/data')).stdout
    expect(await file('down')).toBe('file\n')
    // what was laid out for the command had not all reached the disk: the volume is what it was before
    await goDown('early', false)
    expect(await file('early')).toBe('')
    expect(readdirSync(shared)).toEqual([])
    await lw('rm', '--force', 'early')
    await expect.poll(() => readdirSync(runs), PATIENT).toEqual([])
  })

  it('takes away a container that removes itself, but not its volume', PATIENT, async () => {
    await lose('gone', '--rm')
    expect((await lw('ps', '--all')).stdout).not.toContain('gone')
    expect((await lw('run', '--executor', 'linux', '--rm', '-v', 'gone:/data', 'box', 'cat', '/data/file')).stdout).toBe('data\n')
  })
})
