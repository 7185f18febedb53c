import { equal, type Part, rejects } from './harness.js'

/** Streams, statuses, environment, users, aborting. */
export function commandsPart({ name, fixture: { users = true }, run, runner: { describe, it } }: Part): void {
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
        equal((await run('id -G', { user: 'app' })).stdout, '1000 2000\n', 'groups')
        const own = await run('mkdir /tmp/own && chmod 700 /tmp/own && touch /tmp/own/f && ls /tmp/own', { user: 'app' })
        equal([own.stdout, own.overlay.stat('/tmp/own/f').uid], ['f\n', 1000], 'a folder of its own')
      })
    }
  })
}
