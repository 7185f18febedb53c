/** `run`, `start`, `exec`, `stop`, `kill`, `logs`, `wait` on containers whose commands run for a while. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { requireTool } from '../../../test/support/tools.js'
import { sandboxed } from '../../executor/test/support.js'
import { starter, storeWithBox } from './live-support.js'
import { cli, commandLine, scratchFolder } from './support.js'

const busybox = requireTool('busybox')
const LOOP = 'while :; do sleep 0.1; done'
/** For what must come, on a machine with much to do. */
const PATIENT = { timeout: 60_000 }

for (const executor of ['shell', 'linux'] as const) {
  describe.skipIf(!busybox || (executor === 'linux' && !sandboxed('runc')))(`containers that run (${executor})`, () => {
    const folder = scratchFolder()
    const dir = join(folder, 'store')
    const lw = commandLine(dir)
    const start = starter(dir)
    const run = ['run', '--executor', executor]
    beforeAll(() => storeWithBox(folder, busybox!))
    afterAll(async () => {
      const { stdout } = await lw(['ps', '--quiet'])
      for (const id of stdout.split('\n').filter(Boolean)) await lw(['rm', '--force', id])
    })
    const status = async (name: string) => {
      const { stdout } = await lw(['ps', '--all', '--json'])
      const { status, exitCode } = JSON.parse(stdout).find((each: { name: string }) => each.name === name)
      return [status, exitCode]
    }

    it('a signal to the command line ends the command, with the status that says so', async () => {
      // As the first process of a real container it would ignore what it does not handle, as in Docker.
      const [signal, code, handler] =
        executor === 'linux' ? (['SIGTERM', 44, 'trap "exit 44" TERM; '] as const) : (['SIGHUP', 129, ''] as const)
      const script = `echo written > /tmp/w; ${handler}echo up; ${LOOP}`
      const { process, seen, ended } = start([...run, '--name', 'signalled', 'box', 'sh', '-c', script])
      await seen('up')
      process.kill(signal)
      expect(await ended).toBe(code)
      expect(await status('signalled')).toEqual(['exited', code])
      expect((await lw(['diff', 'signalled'])).stdout).toContain('/tmp/w')
    })

    it('a command line that is killed leaves a container that counts as killed', async () => {
      const { process, seen, ended } = start([...run, '--name', 'lost', 'box', 'sh', '-c', `echo up; ${LOOP}`])
      await seen('up')
      expect(await status('lost')).toEqual(['running', 0])
      process.kill('SIGKILL')
      await ended
      expect(await status('lost')).toEqual(['exited', 137])
      expect((await lw(['wait', 'lost'])).stdout).toBe('137\n')
      expect((await lw(['rm', 'lost'])).status).toBe(0)
    })

    it('goes on in the background: logs follow it, wait gives its status, stop ends it', async () => {
      const made = await lw([...run, '-d', '--name', 'back', 'box', 'sh', '-c', `echo one; echo two; ${LOOP}`])
      expect([made.status, made.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)])
      expect(await status('back')).toEqual(['running', 0])
      const following = start(['logs', '--follow', 'back'])
      const waiting = start(['wait', 'back'])
      await following.seen('two')
      expect((await lw(['logs', '--tail', '1', 'back'])).stdout).toBe('two\n')
      // The first process of a real container ignores what it does not handle, and is killed when its time is over.
      const [code, seconds] = executor === 'linux' ? ([137, '1'] as const) : ([143, '60'] as const)
      expect((await lw(['stop', '--time', seconds, 'back'])).stdout).toBe('back\n')
      expect(await status('back')).toEqual(['exited', code])
      expect([await waiting.ended, waiting.text()]).toEqual([0, `${code}\n`])
      expect([await following.ended, following.text()]).toEqual([0, 'one\ntwo\n'])
      expect((await lw(['start', 'back'])).status).toBe(0)
      expect(await status('back')).toEqual(['running', 0])
      expect((await lw(['rm', 'back'])).stderr).toContain('CONTAINER_RUNNING')
      expect((await lw(['rm', '--force', 'back'])).status).toBe(0)
    })

    it('a supervisor that is killed takes the container with it', async () => {
      const id = (await lw([...run, '-d', '--name', 'orphan', 'box', 'sh', '-c', LOOP])).stdout.trim()
      const supervisors = () =>
        readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .filter((pid) => {
            try {
              return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(id)
            } catch {
              return false
            }
          })
      // Whatever it starts bears its words for a moment.
      await expect.poll(supervisors, PATIENT).toHaveLength(1)
      process.kill(Number(supervisors()[0]), 'SIGKILL')
      await expect.poll(() => status('orphan'), PATIENT).toEqual(['exited', 137])
      expect((await lw(['start', 'orphan'])).status).toBe(0)
      expect((await lw(['kill', 'orphan'])).status).toBe(0)
    })

    it('says in the foreground why it could not begin in the background', async () => {
      const missing = await lw([...run, '-d', '--name', 'missing', 'box', 'none-such'])
      expect([missing.status, missing.stdout]).toEqual([127, ''])
      expect(missing.stderr).toContain('COMMAND_NOT_FOUND')
      expect(await status('missing')).toEqual(['created', 127])
    })

    it('two that write one volume lose nothing of each other', async () => {
      const write = (name: string) =>
        start([...run, '-v', 'both:/both', 'box', 'sh', '-c', `echo up; sleep 1; echo ${name} > /both/${name}`])
      const all = ['a', 'b'].map(write)
      for (const each of all) expect(await each.ended).toBe(0)
      expect((await lw([...run, '-v', 'both:/both', 'box', 'ls', '/both'])).stdout).toBe('a\nb\n')
    })
  })
}

describe.skipIf(!busybox || !sandboxed('runc'))('containers of a real sandbox', () => {
  const folder = scratchFolder()
  const dir = join(folder, 'store')
  const lw = commandLine(dir)
  const start = starter(dir)
  const run = ['run', '--executor', 'linux']
  beforeAll(() => storeWithBox(folder, busybox!))
  afterAll(async () => {
    const { stdout } = await lw(['ps', '--quiet'])
    for (const id of stdout.split('\n').filter(Boolean)) await lw(['rm', '--force', id])
  })

  it('serves in the background, is looked into, and stopped', async () => {
    const port = await freePort()
    const served = ['sh', '-c', `trap "echo bye; exit 3" TERM; httpd -f -p 127.0.0.1:${port} -h /www & while :; do sleep 0.1; done`]
    await lw([...run, '-d', '--name', 'web', 'box', ...served])
    await expect.poll(() => ask(port), PATIENT).toBe('served\n')
    // many at once, none waits for the command
    const [exec, logs, diff, failed, missing] = await Promise.all([
      lw(['exec', '-e', 'WHO=me', '-w', '/www', 'web', 'sh', '-c', 'echo $WHO > from-exec; exit 4']),
      lw(['logs', 'web']),
      lw(['diff', 'web']),
      lw(['exec', '-u', 'nobody-here', 'web', 'true']),
      lw(['exec', 'web', 'none-such']),
    ])
    expect([exec.status, logs.status, diff.status, failed.status, missing.status]).toEqual([4, 0, 0, 126, 127])
    expect((await lw(['diff', 'web'])).stdout).toContain('A /www/from-exec')
    expect((await lw(['cp', 'web:/www/from-exec', join(folder, 'out')])).status).toBe(0)
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('me\n')
    expect((await lw(['cp', join(folder, 'out'), 'web:/www/in'])).status).toBe(0)
    expect(await (await fetch(`http://127.0.0.1:${port}/in`)).text()).toBe('me\n')
    expect((await lw(['commit', 'web', 'snapshot'])).status).toBe(0)
    expect((await lw([...run, '--rm', 'snapshot', 'cat', '/www/from-exec'])).stdout).toBe('me\n')
    expect((await lw(['kill', '--signal', 'USR2', 'web'])).status).toBe(0)
    expect((await lw(['stop', '--time', '60', 'web'])).status).toBe(0)
    expect((await lw(['wait', 'web'])).stdout).toBe('3\n')
    expect((await lw(['logs', 'web'])).stdout).toContain('bye\n')
    expect(await ask(port)).toBe('')
  })

  it.each([
    [['--stop-timeout', 'soon'], 'not a number of seconds'],
    [['--memory', 'much'], 'not a size'],
  ])('refuses %j', async (flags, why) => {
    const { status, stderr } = await lw([...run, ...flags, 'box', 'true'])
    expect([status, stderr]).toEqual([125, expect.stringContaining(why)])
    expect(stderr).toContain('[USAGE]')
  })

  it('says once of a further command that it cannot be started, and shows what one that is started says itself', async () => {
    await lw(['run', '--executor', 'linux', '-d', '--name', 'further', 'box', 'sh', '-c', LOOP])
    const missing = await lw(['exec', 'further', 'none-such'])
    expect(missing).toEqual({ status: 127, stdout: '', stderr: 'error: "none-such" was not found in PATH [COMMAND_NOT_FOUND]\n' })
    const folder = await lw(['exec', 'further', '/bin'])
    expect(folder).toMatchObject({ status: 126, stderr: expect.stringMatching(/^error: "\/bin" cannot be executed: .*\n$/) })
    expect(await lw(['exec', 'further', 'sh', '-c', 'echo no >&2; exit 4'])).toEqual({ status: 4, stdout: '', stderr: 'no\n' })
    await lw(['rm', '--force', 'further'])
  })

  it('is killed by the third signal that asks for its end', async () => {
    const script = `trap 'echo heard' INT; echo up; ${LOOP}`
    const { process, seen, ended } = start(['run', '--executor', 'linux', 'box', 'sh', '-c', script])
    for (const said of ['up\n', 'up\nheard\n', 'up\nheard\nheard\n']) {
      await seen(said)
      process.kill('SIGINT')
    }
    expect(await ended).toBe(137)
  })

  it('has limits, hosts and a network as it is told', async () => {
    const flags = ['--ulimit', 'nofile=99:111', '--add-host', 'other:10.1.2.3', '--network', 'none', '--memory', '64m', '--cpus', '0.5']
    const { stdout } = await lw([...run, '--rm', ...flags, 'box', 'sh', '-c', 'ulimit -n; cat /etc/hosts; ls /sys/class/net'])
    expect(stdout.split('\n').at(0)).toBe('99')
    expect(stdout).toContain('10.1.2.3\tother\n')
    expect(stdout).toMatch(/\nlo\n$/)
    expect((await lw([...run, '--restart', 'always', 'box', 'true'])).stderr).toContain('[NOT_SUPPORTED]')
    const stopped = ['--stop-signal', 'USR1', 'box', 'sh', '-c', `trap "exit 12" USR1; ${LOOP}`]
    await lw([...run, '-d', '--name', 'stopped', ...stopped])
    await lw(['stop', '--time', '60', 'stopped'])
    expect((await lw(['wait', 'stopped'])).stdout).toBe('12\n')
  })

  it('has a tmpfs with a size, a mode and an owner, and a working directory in it', async () => {
    const flags = ['--tmpfs', '/t:size=64k,mode=750,uid=7,gid=8', '-w', '/t/work', '--mount', 'type=tmpfs,target=/m,tmpfs-size=8192']
    const script =
      'pwd; stat -c "%a %u %g" /t; grep -o "/t tmpfs rw,nosuid,nodev,noexec" /proc/mounts; for at in /t /m; do head -c 90000 /dev/zero > $at/b || wc -c < $at/b; done'
    const { stdout } = await lw([...run, '--rm', ...flags, 'box', 'busybox', 'sh', '-c', script])
    expect(stdout).toBe('/t/work\n750 7 8\n/t tmpfs rw,nosuid,nodev,noexec\n65536\n8192\n')
  })

  it('is copied into and out of while it runs, through its mounts, and nowhere else', async () => {
    const at = (name: string) => join(folder, 'copies', name)
    mkdirSync(at('tree/below'), { recursive: true })
    writeFileSync(at('tree/below/file'), 'new\n')
    writeFileSync(at('one'), 'one\n')
    chmodSync(at('one'), 0o640)
    // names in the container that lead out of it, if somebody followed them on the machine
    mkdirSync(at('outside'))
    writeFileSync(at('outside/untouched'), 'old\n')
    const links = `ln -s ${at('outside')} /escape; ln -s /proc/1/root${at('outside')} /tmp/escape; ln -s ../../../../../../..${at('outside')} /climb`
    const mounts = ['-v', 'copied:/data', '-v', `${at('outside')}:/bound:ro`, '--tmpfs', '/scratch']
    const script = `ln -s /data /link; ${links}; echo up; while [ ! -e /data/file ]; do sleep 0.1; done; cat /data/file; ${LOOP}`
    const { seen } = start([...run, '--name', 'copied', ...mounts, 'box', 'busybox', 'sh', '-c', script])
    await seen('up')
    const cp = (...words: string[]) => lw(['cp', ...words])
    expect(await cp(`${at('tree/below')}/.`, 'copied:/link')).toMatchObject({ status: 0, stderr: '' })
    // the command itself sees it
    await seen('new')
    expect((await cp(at('one'), 'copied:/scratch/one')).status).toBe(0)
    expect((await lw(['exec', 'copied', 'busybox', 'stat', '-c', '%a %u', '/scratch/one'])).stdout).toBe('640 0\n')
    expect((await cp('copied:/data/file', at('back'))).status).toBe(0)
    expect((await cp('copied:/scratch/one', at('back-too'))).status).toBe(0)
    expect([readFileSync(at('back'), 'utf8'), readFileSync(at('back-too'), 'utf8')]).toEqual(['new\n', 'one\n'])
    // a file that is mounted stays mounted
    expect((await cp(at('one'), 'copied:/etc/hosts')).stderr).toContain('[BUSY]')
    expect((await lw(['exec', 'copied', 'cat', '/etc/hosts'])).stdout).toContain('localhost')
    expect((await cp(at('one'), 'copied:/bound/one')).stderr).toContain('[READ_ONLY_TARGET]')
    for (const place of ['/escape/one', '/tmp/escape/one', '/climb/one']) {
      const { status, stderr } = await cp(at('one'), `copied:${place}`)
      expect([status, stderr], place).toEqual([
        1,
        expect.stringMatching(/\[(?:PATH_NOT_FOUND|COPY_DESTINATION_DIR_MISSING|NOT_A_DIRECTORY)\]/),
      ])
    }
    expect((await cp('copied:/escape/untouched', at('stolen'))).stderr).toContain('[PATH_NOT_FOUND]')
    expect(readdirSync(at('outside'))).toEqual(['untouched'])
    await lw(['rm', '--force', 'copied'])
    expect((await lw([...run, '--rm', '-v', 'copied:/data', 'box', 'cat', '/data/file'])).stdout).toBe('new\n')
  })

  it('hands input on as it comes', async () => {
    const { process, seen, ended } = start([...run, '--rm', '-i', 'box', 'sh', '-c', 'while read line; do echo "got $line"; done'], 'keep')
    process.stdin?.write('first\n')
    await seen('got first')
    process.stdin?.end('second\n')
    await seen('got second')
    expect(await ended).toBe(0)
  })

  it('has a terminal', async () => {
    const script = requireTool('script')
    if (!script) return
    const shown = (args: readonly string[]) => {
      const line = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ')
      const { stdout, status } = spawnSync(script, ['-qec', line, '/dev/null'], { env: { ...process.env, LAYERWRIGHT_STORE: dir } })
      return [status, stdout.toString().replaceAll('\r', '')]
    }
    expect(shown([...run, '--rm', '-it', 'box', 'sh', '-c', 'tty; exit 5'])).toEqual([5, expect.stringContaining('/dev/pts/0\n')])
    await lw([...run, '-d', '--name', 'loop', 'box', 'sh', '-c', LOOP])
    expect(shown(['exec', '-it', 'loop', 'sh', '-c', 'tty; exit 6'])).toEqual([6, expect.stringMatching(/\/dev\/pts\/\d+\n/)])
    await lw(['rm', '-f', 'loop'])
    expect((await lw([...run, '-t', 'box', 'tty'])).stderr).toContain('USAGE')
  })

  it('a volume written in one executor is read in the other', async () => {
    for (const [writer, reader] of [
      ['linux', 'shell'],
      ['shell', 'linux'],
    ] as const) {
      const volume = ['-v', `${writer}:/data`]
      await lw([
        'run',
        '--rm',
        '--executor',
        writer,
        ...volume,
        'box',
        'sh',
        '-c',
        `mkdir -p /data/sub; echo by ${writer} > /data/sub/file`,
      ])
      const { stdout } = await lw(['run', '--rm', '--executor', reader, ...volume, 'box', 'cat', '/data/sub/file'])
      expect(stdout).toBe(`by ${writer}\n`)
    }
  })
})

async function ask(port: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`)).text()
  } catch {
    return ''
  }
}
