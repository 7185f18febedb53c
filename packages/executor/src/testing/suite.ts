import type { Layer } from '@layerwright/layer'
import { createOverlay, emptySnapshot, mountView, type Overlay, readAll, type Snapshot } from '@layerwright/vfs'
import type { RunOption } from '../errors.js'
import type { ExecMount, ExecRequest, Executor } from '../types.js'

/** The two functions of a test runner that the suite needs: those of vitest, jest, mocha or node:test. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

export interface ExecutorFixture {
  readonly executor: () => Executor
  /** A root with a POSIX shell and the usual small programs in /bin, and a user `app` (1000:1000) that is also in the group `team` (2000). */
  readonly base: () => Promise<{ readonly snapshot: Snapshot; readonly layers: readonly Layer[] }>
  /** Whether commands may run as somebody else than root; default true. */
  readonly users?: boolean
  /** Whether files may belong to others; default true. A rootless sandbox without subordinate ids has only one user. */
  readonly owners?: boolean
  /** What it can do beyond running a command on a tree; everything else has to be refused. Default: nothing. */
  readonly supports?: readonly RunOption[]
}

/** An executor does not do what the suite demands. */
class ExecutorSuiteError extends Error {
  override readonly name = 'ExecutorSuiteError'
  readonly code = 'EXECUTOR_SUITE'
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)))
  if (a !== b) throw new ExecutorSuiteError(`${what}: got ${a}, expected ${b}`)
}

async function rejects(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    return equal((error as { code?: string }).code, code, 'code of the error')
  }
  throw new ExecutorSuiteError(`expected an error with code ${code}`)
}

/** What every executor must do. */
export function executorSuite(
  name: string,
  { executor, base, users = true, owners = true, supports = [] }: ExecutorFixture,
  { describe, it }: TestRunner,
): void {
  type Options = Partial<ExecRequest> & { readonly mounts?: readonly ExecMount[] }

  /** Runs `script` on `overlay`, a fresh one over the base by default. */
  async function run(script: string, { mounts = [], ...options }: Options = {}) {
    const lower = options.lower ?? (await base())
    const overlay = options.overlay ?? createOverlay(lower.snapshot)
    const out = { stdout: '', stderr: '' }
    const result = await executor().run({
      overlay,
      filesystem: mountView(overlay, mounts),
      mounts,
      lower,
      argv: ['/bin/sh', '-c', script],
      env: new Map([['PATH', '/bin']]),
      cwd: '/',
      onOutput(stream, bytes) {
        out[stream] += new TextDecoder().decode(bytes)
      },
      ...options,
    })
    // What it wrote is read before it is given up, as a builder does.
    const text = new Map<string, string>()
    for (const { path, inode } of overlay.changes()) {
      if (inode?.type === 'file') text.set(`/${path}`, new TextDecoder().decode(await readAll(inode.content)))
    }
    const contents = async (fs: Overlay, path: string) => new TextDecoder().decode(await fs.readFile(path))
    const volumes = new Map<string, string>()
    for (const { source } of mounts) {
      if (!('driver' in source)) continue
      for (const { path, inode } of source.changes())
        if (inode?.type === 'file') volumes.set(`/${path}`, await contents(source, `/${path}`))
    }
    result.release?.()
    return { ...out, exitCode: result.exitCode, overlay, text, volumes, diff: overlay.diff().map(({ kind, path }) => `${kind} ${path}`) }
  }

  describe(`${name}: commands`, () => {
    it('keeps the streams apart and gives the exit code', async () => {
      const { stdout, stderr, exitCode } = await run('echo out; echo err >&2; exit 42')
      equal([stdout, stderr, exitCode], ['out\n', 'err\n', 42], 'streams and status')
    })
    it('gives the environment, the working directory and the input', async () => {
      const env = new Map([
        ['PATH', '/bin'],
        ['WORD', 'two words'],
        ['__proto__', 'a name like any other'],
      ])
      const { stdout } = await run('echo "$WORD"; pwd; cat', { env, cwd: '/tmp', stdin: new TextEncoder().encode('input') })
      equal(stdout, 'two words\n/tmp\ninput', 'output')
    })
    it('reads an empty input where none is given', async () => {
      equal((await run('cat; echo end')).stdout, 'end\n', 'output')
    })
    it('says which command is missing, and who', async () => {
      await rejects('RUN_COMMAND_NOT_FOUND', () => run('', { argv: ['no-such-command'] }))
      await rejects('RUN_COMMAND_NOT_FOUND', () => run('', { argv: ['/bin/no-such-command'] }))
      await rejects('RUN_UNKNOWN_USER', () => run('true', { user: 'nobody-at-all' }))
      await rejects('RUN_INVALID_USER', () => run('true', { user: '4294967295' }))
    })
    it('gives the status of a command that could not be executed, and of one that a signal ended', async () => {
      equal(
        (await run('/etc/motd 2>/dev/null; echo $?; no-such-command 2>/dev/null; echo $?')).stdout,
        '126\n127\n',
        'statuses in a script',
      )
      // The first process of a container ignores what it has no handler for: the signal is for its child.
      equal((await run("sh -c 'kill -9 $$'; exit $?")).exitCode, 137, 'status after a kill')
      equal((await run("sh -c 'kill -15 $$'; exit $?")).exitCode, 143, 'status after a terminate')
    })
    it('refuses to execute what is no program', async () => {
      await rejects('RUN_COMMAND_DENIED', () => run('', { argv: ['/etc/motd'] }))
      await rejects('RUN_COMMAND_DENIED', () => run('', { argv: ['/etc'] }))
    })
    it('ends when it is aborted', async () => {
      await rejects('RUN_ABORTED', () => run('true', { signal: AbortSignal.abort() }))
      const controller = new AbortController()
      const running = run('echo started; while true; do sleep 1; done', {
        signal: controller.signal,
        onOutput: () => controller.abort(),
      })
      await rejects('RUN_ABORTED', () => running)
    })
    if (users) {
      it('runs as the user of the tree, with its groups', async () => {
        const app = await run('id -u; id -g; touch /tmp/mine; echo x > /etc/passwd', { user: 'app' })
        equal([app.stdout, app.exitCode === 0], ['1000\n1000\n', false], 'ids, and a refused write')
        const { uid, gid } = app.overlay.stat('/tmp/mine')
        equal([uid, gid], [1000, 1000], 'owner of what it made')
        equal((await run('id -u; id -g', { user: '77:88' })).stdout, '77\n88\n', 'ids by number')
      })
    }
  })

  describe(`${name}: files`, () => {
    it('leaves nothing where nothing was changed', async () => {
      equal((await run('cat /etc/passwd >/dev/null; ls -lR /bin >/dev/null')).diff, [], 'diff')
    })
    it('takes over what was made, changed and removed', async () => {
      const { diff, overlay, text } = await run(
        'mkdir -p /a/b && echo one > /a/b/f && chmod 640 /a/b/f && ln /a/b/f /a/g && ln -s ../nowhere /a/l && mkfifo /a/p && ' +
          'rm /etc/motd && echo more >> /etc/issue && touch -d @1000000000 /a/b/f',
      )
      equal(diff, ['A /a', 'A /a/b', 'A /a/b/f', 'A /a/g', 'A /a/l', 'A /a/p', 'C /etc', 'C /etc/issue', 'D /etc/motd'], 'diff')
      const { mode, uid, gid, mtimeNs, nlink } = overlay.stat('/a/g')
      equal([mode.toString(8), uid, gid, mtimeNs, nlink], ['640', 0, 0, 1_000_000_000_000_000_000n, 2], 'attributes of a linked file')
      equal([overlay.readlink('/a/l'), overlay.lstat('/a/p').type], ['../nowhere', 'fifo'], 'a link and a fifo')
      equal([text.get('/a/b/f'), text.get('/etc/issue')], ['one\n', 'issue\nmore\n'], 'contents')
    })
    it('takes over what its owner may not look into', async () => {
      const { diff, text, overlay } = await run('mkdir /shut && echo inside > /shut/f && chmod 0 /shut/f /shut')
      equal([diff, text.get('/shut/f')], [['A /shut', 'A /shut/f'], 'inside\n'], 'diff and content')
      equal([overlay.stat('/shut').mode, overlay.stat('/shut/f').mode], [0, 0], 'modes')
    })
    if (owners) {
      it('takes over who owns what', async () => {
        const { overlay } = await run(
          'mkdir /a && touch /a/f && ln -s f /a/l && chown 5:6 /a/f && chown -h 7:8 /a/l && chown 9 /a && chown 10 /etc/motd',
        )
        const owner = (path: string) => [overlay.lstat(path).uid, overlay.lstat(path).gid]
        equal(
          [owner('/a'), owner('/a/f'), owner('/a/l')],
          [
            [9, 0],
            [5, 6],
            [7, 8],
          ],
          'owners of what was made',
        )
        equal(
          [owner('/etc/motd'), owner('/etc/issue')],
          [
            [10, 0],
            [0, 0],
          ],
          'owners of what was there',
        )
      })
    }
    it('sees a directory made anew as one without what was in it', async () => {
      const { diff } = await run('rm -rf /dir && mkdir /dir && echo new > /dir/new')
      equal(diff, ['C /dir', 'D /dir/deep', 'D /dir/file', 'A /dir/new'].sort(byPath), 'diff')
    })
    it('keeps the contents where only attributes changed', async () => {
      const { overlay } = await run('chmod 600 /etc/issue')
      const before = (await base()).snapshot
      const [now] = overlay.changes().filter(({ path }) => path === 'etc/issue')
      const etc = before.entries.get('etc')
      const old = etc?.type === 'dir' ? etc.entries.get('issue') : undefined
      equal(now?.inode?.mode.toString(8), '600', 'mode')
      equal(now?.inode?.type === 'file' && old?.type === 'file' && now.inode.content === old.content, true, 'the same content')
      equal(now?.inode?.mtimeNs, old?.mtimeNs, 'time')
    })
    it('replaces a file by a directory and the reverse', async () => {
      const { overlay } = await run('rm /etc/motd && mkdir /etc/motd && touch /etc/motd/x && rm -r /dir && echo f > /dir')
      equal([overlay.stat('/etc/motd').type, overlay.stat('/dir').type], ['dir', 'file'], 'types')
    })
    it('goes on from what an overlay has already', async () => {
      const overlay = createOverlay((await base()).snapshot)
      overlay.writeFile('/before', 'before\n')
      overlay.rm('/dir', { recursive: true })
      const { stdout } = await run('cat /before; ls /dir 2>/dev/null; echo after > /after', { overlay })
      equal(stdout, 'before\n', 'what it saw')
      equal([overlay.exists('/before'), overlay.exists('/after'), overlay.exists('/dir')], [true, true, false], 'what is there')
    })
  })

  describe(`${name}: mounts`, () => {
    it('shows a tree, takes over what is written there, and nothing of it to the root', async () => {
      const volume = createOverlay(emptySnapshot({ mode: 0o755 }))
      volume.writeFile('/old', 'old\n')
      const overlay = createOverlay((await base()).snapshot)
      overlay.mkdir('/data')
      const mounts = [{ target: '/data', source: volume }]
      const { stdout, volumes, diff } = await run('cat /data/old; echo new > /data/new; rm /data/old', { overlay, mounts })
      equal([stdout, volumes.get('/new'), volume.exists('/old')], ['old\n', 'new\n', false], 'the volume')
      equal(diff, ['A /data'], 'the root')
    })
    it('refuses to write to what is read-only', async () => {
      const volume = createOverlay(emptySnapshot())
      volume.writeFile('/file', 'file\n')
      const mounts = [{ target: '/tmp', source: volume, readonly: true }]
      const { stdout, exitCode } = await run('cat /tmp/file; echo x > /tmp/file', { mounts })
      equal([stdout, exitCode === 0], ['file\n', false], 'read, and a refused write')
    })
    it('shows one file of a tree', async () => {
      const volume = createOverlay(emptySnapshot())
      volume.mkdir('/deep')
      volume.writeFile('/deep/file', 'from the volume\n')
      const mounts = [{ target: '/etc/motd', source: volume, subpath: 'deep/file' }]
      const { stdout, diff } = await run('cat /etc/motd', { mounts })
      equal([stdout, diff], ['from the volume\n', []], 'content and diff')
    })
    it('shows files beside the tree, which are not left in it', async () => {
      const files = [{ path: '/dev/pipes/EOF', bytes: new TextEncoder().encode('echo script $0\n') }]
      const { stdout, diff } = await run('', { argv: ['/bin/sh', '/dev/pipes/EOF'], files })
      equal([stdout, diff], ['script /dev/pipes/EOF\n', []], 'output and diff')
    })
    it('leaves nothing of the hosts that it was given', async () => {
      const { diff, stdout } = await run('grep -c made.up /etc/hosts', { extraHosts: [{ name: 'made.up', address: '10.1.2.3' }] })
      // Whoever made the file that `filesystem` shows has put them in: here nobody did, and an executor of its own files has.
      equal([diff, ['0\n', '1\n'].includes(stdout)], [[], true], 'diff, and what it saw')
    })
    it('has the devices that programs expect', async () => {
      equal((await run('head -c 3 /dev/zero | wc -c; echo x > /dev/null; test -c /dev/null && echo yes')).stdout, '3\nyes\n', 'output')
    })
  })

  describe(`${name}: options`, () => {
    const socket = { target: '/tmp/agent', source: createOverlay(emptySnapshot()), socket: '/nowhere' }
    const asking: Readonly<Record<RunOption, Options>> = {
      socket: { mounts: [socket] },
      insecure: { security: 'insecure' },
      ulimits: { resources: { ulimits: [{ name: 'nofile', soft: 99, hard: 111 }] } },
      memory: { resources: { memoryBytes: 1 << 24 } },
      cpus: { resources: { cpus: 0.5 } },
      shm: { resources: { shmBytes: 1 << 20 } },
    }
    for (const [option, options] of Object.entries(asking) as [RunOption, Options][]) {
      if (supports.includes(option)) continue
      it(`refuses what it cannot give: ${option}`, () => rejects('RUN_OPTION_UNSUPPORTED', () => run('true', options)))
    }
    if (supports.includes('ulimits')) {
      it('sets limits', async () => {
        equal((await run('ulimit -n; ulimit -Hn', asking.ulimits)).stdout, '99\n111\n', 'soft and hard limit')
        const unlimited = { ulimits: [{ name: 'core', soft: 0, hard: -1 }] }
        equal((await run('ulimit -c; ulimit -Hc', { resources: unlimited })).stdout, '0\nunlimited\n', 'no limit')
        await rejects('RUN_ULIMIT', () => run('true', { resources: { ulimits: [{ name: 'version', soft: 1, hard: 1 }] } }))
      })
    }
    if (supports.includes('shm')) {
      it('bounds /dev/shm', async () => {
        const { stdout } = await run('dd if=/dev/zero of=/dev/shm/f bs=1k count=2000 2>/dev/null; stat -c %s /dev/shm/f', asking.shm)
        equal(stdout, '1048576\n', 'bytes that fitted')
      })
    }
    if (supports.includes('memory')) {
      it('ends a command that takes too much memory', async () => {
        const { stdout } = await run('dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; echo $?', asking.memory)
        equal(stdout, '137\n', 'status')
      })
    }
    if (supports.includes('insecure')) {
      it('gives all capabilities where it is asked to', async () => {
        const mounts = 'mount -t tmpfs none /tmp 2>/dev/null && echo mounted || echo refused'
        equal((await run(mounts)).stdout, 'refused\n', 'a mount in the sandbox')
        equal((await run(mounts, asking.insecure)).stdout, 'mounted\n', 'a mount without it')
      })
    }
  })
}

const byPath = (a: string, b: string): number => (a.slice(2) < b.slice(2) ? -1 : 1)
