/** `-p`, `-P` and `--network private`: containers with a network of their own, and ports of this machine that lead to it. */
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/ports.mjs'
import { requireTool } from '../../../test/support/tools.js'
import { networked, sandboxed } from '../../executor/test/support.js'
import { starter, storeWithBox } from './live-support.js'
import { cli, commandLine, type Outcome, repository, scratchFolder } from './support.js'

const busybox = requireTool('busybox')
const helpers = ['pasta', 'slirp4netns'] as const
const tools = busybox !== undefined && sandboxed('runc') && networked() && requireTool('perl') !== undefined
/** For what must come, on a machine with much to do. */
const PATIENT = { timeout: 60_000 }
const HTTPD = ['httpd', '-f', '-p', '80', '-h', '/www']

describe.skipIf(!tools)('published ports', PATIENT, () => {
  const folder = scratchFolder()
  const dir = join(folder, 'store')
  const lw = commandLine(dir)
  const start = starter(dir)
  beforeAll(async () => {
    await storeWithBox(folder, busybox!)
    for (const without of ['none', ...helpers]) toolsWithout(join(folder, without), without)
  })
  afterAll(async () => {
    const { stdout } = await lw(['ps', '--quiet'])
    for (const id of stdout.split('\n').filter(Boolean)) await lw(['rm', '--force', id])
  }, PATIENT.timeout)
  const run = (...args: string[]) => ['run', '--executor', 'linux', ...args]
  const only = (helper: string) => ({ PATH: join(folder, helper) })

  describe.each(helpers)('by %s', (helper) => {
    const environment = only(helper === 'pasta' ? 'slirp4netns' : 'pasta')

    it('lead to a container, and are gone with it', PATIENT, async () => {
      const [first, second] = [await freePort(), await freePort()]
      const flags = ['-p', `${first}:80`, '-p', `127.0.0.1:${second}:80/tcp`, '-p', '127.0.0.1::81', '--name', helper]
      const made = await lw(run('-d', ...flags, 'box', ...HTTPD), environment)
      expect(made).toMatchObject({ status: 0, stderr: '' })
      for (const port of [first, second]) await expect.poll(() => ask(port), PATIENT).toBe('served\n')
      const [known = '', other = '', free = ''] = (await lw(['port', helper])).stdout.split('\n')
      expect([known, other]).toEqual([`80/tcp -> 0.0.0.0:${first}`, `80/tcp -> 127.0.0.1:${second}`])
      expect(free).toMatch(/^81\/tcp -> 127\.0\.0\.1:\d+$/)
      expect((await lw(['port', helper, '81'])).stdout).toBe(`${free.split(' ').at(-1)}\n`)
      expect((await lw(['port', helper, '82'])).stderr).toContain('82/tcp of')
      expect((await lw(['ps'])).stdout).toContain(`0.0.0.0:${first}->80/tcp, 127.0.0.1:${second}->80/tcp`)
      const { HostConfig, NetworkSettings } = JSON.parse((await lw(['inspect', helper])).stdout)[0]
      expect(HostConfig.PortBindings['81/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: '' }])
      expect(NetworkSettings.Ports['80/tcp'][0]).toEqual({ HostIp: '0.0.0.0', HostPort: String(first) })
      // another command of it is in its network, and not in that of the machine
      const inside = await lw([
        'exec',
        helper,
        'sh',
        '-c',
        'ls /sys/class/net; httpd -p 127.0.0.1:82 -h /etc; wget -qO- http://127.0.0.1:80',
      ])
      expect([inside.status, inside.stdout.includes('served'), inside.stdout.split('\n')]).toEqual([
        0,
        true,
        expect.arrayContaining(['lo']),
      ])
      const taken = await lw(run('--rm', '--name', 'second', '-p', `${first}:80`, 'box', 'true'), environment)
      expect([taken.status, taken.stderr]).toEqual([125, expect.stringContaining('[PORT_UNAVAILABLE]')])
      expect((await lw(['ps', '--all', '--json'])).stdout).not.toContain('second')
      expect((await lw(['rm', '--force', helper])).status).toBe(0)
      for (const port of [first, second]) expect(await ask(port)).toBe('')
      expect(await canListen(first)).toBe(true)
    })

    it('go with a supervisor that is killed', PATIENT, async () => {
      const port = await freePort()
      const name = `killed-${helper}`
      const {
        process: supervisor,
        seen,
        ended,
      } = start(run('--name', name, '-p', `127.0.0.1:${port}:80`, 'box', 'sh', '-c', `echo up; exec ${HTTPD.join(' ')}`))
      await seen('up')
      await expect.poll(() => ask(port), PATIENT).toBe('served\n')
      supervisor.kill('SIGKILL')
      await ended
      await expect.poll(() => ask(port), PATIENT).toBe('')
      await expect.poll(() => canListen(port), PATIENT).toBe(true)
      await expect.poll(() => helpersFor(port), PATIENT).toEqual([])
      expect(JSON.parse((await lw(['inspect', name])).stdout)[0]).toMatchObject({
        State: { Status: 'exited' },
        NetworkSettings: { Ports: {} },
      })
    })
  })

  it('take datagrams, and give the answers back', PATIENT, async () => {
    const port = await freePort()
    const name = 'datagrams'
    // busybox serves none: the machine's own perl does
    const binds = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
    const served = `use IO::Socket::INET; $| = 1; my $s = IO::Socket::INET->new(LocalPort => 53, Proto => 'udp') or die; print "up\\n"; while ($s->recv(my $d, 99)) { $s->send("got $d") }`
    const { seen } = start(run('--rm', '--name', name, ...binds, '-p', `127.0.0.1:${port}:53/udp`, 'box', '/usr/bin/perl', '-e', served))
    await seen('up')
    const socket = createSocket('udp4')
    const answered = new Promise<string>((resolve) => socket.once('message', (bytes) => resolve(bytes.toString())))
    // one that is lost on the way is sent again
    const sending = setInterval(() => socket.send('hello', port, '127.0.0.1'), 100)
    expect(await answered).toBe('got hello')
    clearInterval(sending)
    socket.close()
    await lw(['rm', '--force', name])
  })

  it('are published by range, and -P gives what the image exposes', PATIENT, async () => {
    const base = await freeRange(3)
    const change = ['--change', 'EXPOSE 80 9000/udp']
    await lw(['create', '--name', 'model', 'box', ...HTTPD])
    await lw(['commit', ...change, 'model', 'exposing'])
    const made = await lw(run('-d', '--name', 'ranges', '-P', '-p', `127.0.0.1:${base}-${base + 2}:7000-7002`, 'exposing'))
    expect(made).toMatchObject({ status: 0, stderr: '' })
    const shown = (await lw(['port', 'ranges'])).stdout.split('\n')
    expect(shown.slice(0, 3)).toEqual([0, 1, 2].map((index) => `${7000 + index}/tcp -> 127.0.0.1:${base + index}`))
    expect(shown.slice(3)).toEqual([
      expect.stringMatching(/^80\/tcp -> 0\.0\.0\.0:\d+$/),
      expect.stringMatching(/^9000\/udp -> 0\.0\.0\.0:\d+$/),
      '',
    ])
    await expect.poll(() => ask(Number(shown[3]!.split(':').at(-1))), PATIENT).toBe('served\n')
    await lw(['rm', '--force', 'ranges'])
    expect((await lw(['port', 'model'])).stdout).toBe('')
  })

  it('need no port to have a network of its own', PATIENT, async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer((client) => client.once('data', () => client.end('HTTP/1.0 200 OK\r\n\r\nof the machine\n')))
      afterAll(() => void server.close())
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    const reach = ['box', 'sh', '-c', `wget -qO- http://127.0.0.1:${port} 2>/dev/null; ls /sys/class/net | wc -l`]
    expect((await lw(run('--rm', '--network', 'private', ...reach))).stdout).toBe('2\n')
    expect((await lw(run('--rm', ...reach))).stdout).toContain('of the machine\n')
  })

  it('stay in the network of the machine where no helper is installed and the numbers are equal', PATIENT, async () => {
    const port = await freePort()
    const { PATH } = only('none')
    const served = ['httpd', '-f', '-p', `127.0.0.1:${port}`, '-h', '/www']
    const made = await lw(run('-d', '--name', 'equal', '-p', `${port}:${port}`, 'box', ...served), { PATH })
    expect(made).toMatchObject({ status: 0, stderr: '' })
    await expect.poll(() => ask(port), PATIENT).toBe('served\n')
    expect((await lw(['port', 'equal'])).stdout).toBe(`${port}/tcp -> 0.0.0.0:${port}\n`)
    await lw(['rm', '--force', 'equal'])
    for (const flags of [
      ['-p', `${port}:80`],
      ['-p', `127.0.0.1:${port}:${port}`],
      ['--network', 'private'],
    ]) {
      const { status, stderr } = await lw(run('--rm', ...flags, 'box', 'true'), { PATH })
      expect([status, stderr]).toEqual([
        125,
        expect.stringContaining('neither pasta nor slirp4netns is installed: install passt or slirp4netns'),
      ])
      expect(stderr).toContain('[NETWORK_UNAVAILABLE]')
    }
  })

  it('say that the device is missing', PATIENT, async () => {
    const words = run('--rm', '-p', '8080:80', 'box', 'true')
    const { status, stderr } = await withoutDevice([process.execPath, cli, ...words], dir)
    expect([status, stderr]).toEqual([125, expect.stringContaining('the device /dev/net/tun is missing: load the module tun')])
  })

  it.each([
    [['-p', 'x:80'], 'not a port', 'USAGE'],
    [['-p', '1-2:80'], 'different lengths', 'USAGE'],
    [['-p', '1:80000'], '65535', 'USAGE'],
    [['-p', '1.2.3:1:80'], 'not a port', 'USAGE'],
    [['-p', '1.2.3.400:1:80'], 'no address', 'USAGE'],
    [['-p', '80:80', '--network', 'none'], '--network none', 'USAGE'],
    [['-P', '--executor', 'shell'], 'no network', 'USAGE'],
    [['-p', '8080:80', '--network', 'host'], 'port 80 is port 80', 'RUN_OPTION_UNSUPPORTED'],
    [['-p', '192.0.2.77:8080:80'], 'does not have that address', 'PORT_UNAVAILABLE'],
  ])('are refused with a reason: %j', PATIENT, async (flags, why, code) => {
    const { status, stderr } = await lw(run('--rm', ...flags, 'box', 'true'))
    expect([status, stderr]).toEqual([125, expect.stringContaining(why)])
    expect(stderr).toContain(`[${code}]`)
  })
})

/** A folder with all programs of the machine but these. */
function toolsWithout(folder: string, left: string): void {
  mkdirSync(folder)
  const hidden: readonly string[] = left === 'none' ? helpers : [left]
  const names = new Set<string>()
  for (const from of ['/usr/local/bin', '/usr/bin', '/bin']) {
    for (const name of readdirSync(from)) {
      if (names.has(name) || hidden.includes(name)) continue
      names.add(name)
      symlinkSync(join(from, name), join(folder, name))
    }
  }
}

/** Command lines of processes that have to do with a published port. */
const helpersFor = (port: number): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return words.some((word) => word.split('/').at(-1) === `${port}:80`) && /pasta|slirp/.test(words[0] ?? '') ? [words.join(' ')] : []
      } catch {
        return [] // it ended meanwhile
      }
    })

async function ask(port: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`)).text()
  } catch {
    return ''
  }
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, () => server.close(() => resolve(true)))
  })

/** The first of some that follow each other. */
async function freeRange(count: number): Promise<number> {
  for (;;) {
    const first = await freePort()
    const others = Array.from({ length: count - 1 }, (_, index) => canListen(first + index + 1))
    if ((await Promise.all(others)).every(Boolean)) return first
  }
}

/** Runs a program where /dev/net is empty. */
const withoutDevice = (argv: readonly string[], store: string): Promise<Outcome> =>
  new Promise((done) => {
    const script = 'mkdir -p /dev/net && mount -t tmpfs none /dev/net && exec "$@"'
    const words = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...argv]
    const options = { cwd: repository, env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store } }
    execFile('unshare', words, options, (error, stdout, stderr) =>
      done({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
