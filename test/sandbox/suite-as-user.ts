/** What `rootless.test.ts` runs as an ordinary user: the suite of executors with each runtime, by Node's own test runner. */
import { deepEqual, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RunningCommand } from '@layerwright/executor'
import { type BackendName, detectLinux, linuxExecutor } from '@layerwright/executor/linux'
import { executorSuite } from '@layerwright/executor/testing'
import { createOverlay, deviceInode, fileInode, mountView, textContent } from '@layerwright/vfs'
import { baseRoot, layered } from '../../packages/executor/test/base.js'

const [, , folder = '', busybox = '', ...runtimes] = process.argv
const { available, ids, problems, limitations } = await detectLinux(folder)
console.log(`detected ${JSON.stringify({ available, ids, problems, limitations })}`)
const owners = ids.kind !== 'one'
const ports = limitations.some(({ what }) => /network/.test(what)) ? [] : (['ports'] as const)
for (const backend of runtimes as BackendName[]) {
  const fixture = { executor: () => linuxExecutor({ backend, folder }), base: () => baseRoot(busybox), users: owners, owners }
  executorSuite(
    backend,
    { ...fixture, supports: ['socket', 'insecure', 'ulimits', 'shm', ...ports, ...(backend === 'bwrap' ? [] : (['terminal'] as const))] },
    { describe, it },
  )
}

describe('an ordinary user', () => {
  const capability = new Uint8Array([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

  async function run(script: string, options: { readonly user?: string; readonly uid?: number } = {}) {
    const lower = await layered(await baseRoot(busybox), (fs) => {
      const xattrs = new Map([
        ['security.capability', capability],
        ['trusted.note', new Uint8Array([1])],
        ['user.note', new Uint8Array([2])],
      ])
      fs.graft('/tool', fileInode(textContent('tool'), { mode: 0o755, uid: options.uid ?? 5, gid: 6, xattrs }))
      fs.graft('/device', deviceInode('char', 1, 3, { mode: 0o666 }))
    })
    const overlay = createOverlay(lower.snapshot)
    let stdout = ''
    const { exitCode, release } = await linuxExecutor({ folder }).run({
      overlay,
      filesystem: overlay,
      lower,
      argv: ['/bin/sh', '-c', script],
      env: new Map([['PATH', '/bin']]),
      cwd: '/',
      user: options.user ?? '',
      onOutput: (_, bytes) => {
        stdout += new TextDecoder().decode(bytes)
      },
    })
    release?.()
    return { exitCode, stdout, overlay }
  }

  it('keeps in the tree what it cannot show: device nodes, attributes, and owners where there is nobody else', async () => {
    const { overlay, stdout } = await run('stat -c %u /tool; test -e /device || echo none; chmod 700 /tool')
    deepEqual(stdout, owners ? '5\nnone\n' : '0\nnone\n')
    deepEqual(overlay.lstat('/device').type, 'char')
    const { mode, uid, gid, xattrs } = overlay.lstat('/tool')
    deepEqual([mode, uid, gid], [0o700, 5, 6])
    deepEqual([...(xattrs ?? [])].map(([name]) => name).sort(), ['security.capability', 'trusted.note', 'user.note'])
    deepEqual([...(xattrs?.get('security.capability') ?? [])], [...capability])
  })

  it('reaches the files of a command that runs, as root in there', async () => {
    const lower = await baseRoot(busybox)
    const overlay = createOverlay(lower.snapshot)
    const executor = linuxExecutor({ folder })
    const stop = new AbortController()
    let over: Promise<unknown> = Promise.resolve()
    let stdout = ''
    let up: () => void = () => undefined
    const ready = new Promise<void>((resolve) => {
      up = resolve
    })
    const command = await new Promise<RunningCommand>((resolve, reject) => {
      const give = owners ? 'chown 5:6 /tmp/own/file /tmp/own;' : ''
      const script = `mkdir /tmp/own; echo text > /tmp/own/file; ln -s / /tmp/own/up; chmod 600 /tmp/own/file; ${give} chmod 700 /tmp/own; echo up; while ! test -e /tmp/own/new; do sleep 0.1; done; stat -c '%a %u %g' /tmp/own/new; cat /tmp/own/new`
      over = executor.run({
        ...{ overlay, filesystem: overlay, lower, argv: ['/bin/sh', '-c', script], env: new Map([['PATH', '/bin']]), cwd: '/' },
        onStarted: resolve,
        onOutput: (_, bytes) => {
          stdout += new TextDecoder().decode(bytes)
          if (stdout.includes('up\n')) up()
        },
        signal: stop.signal,
      })
      over.catch(reject)
    })
    await ready
    const files = (await executor.join!(command.handle!)).files()
    try {
      const view = mountView(files.source)
      deepEqual(new TextDecoder().decode(await view.readFile('/tmp/own/file')), 'text\n')
      const { mode, uid, gid } = view.stat('/tmp/own/file')
      deepEqual([mode, uid, gid], owners ? [0o600, 5, 6] : [0o600, 0, 0])
      // a link of the command's leads to its root, and not to this machine's
      deepEqual(
        view.readdir('/tmp/own/up').map(({ name }) => name),
        view.readdir('/').map(({ name }) => name),
      )
      const large = new Uint8Array(3_000_000).fill(10)
      view.writeFile('/tmp/own/large', large)
      deepEqual((await view.readFile('/tmp/own/large')).length, large.length)
      view.writeFile('/tmp/own/next', 'from outside\n')
      view.chown('/tmp/own/next', 7, 8)
      view.chmod('/tmp/own/next', 0o640)
      view.rename('/tmp/own/next', '/tmp/own/new')
      await rejects(async () => view.readdir('/tmp/none'), { code: 'ENOENT' })
      await over
      deepEqual(stdout, `up\n640 ${owners ? '7 8' : '0 0'}\nfrom outside\n`)
    } finally {
      files.close()
      stop.abort()
    }
  })

  it('says which id is missing', async () => {
    const missing = owners ? 65536 : 1
    await rejects(run('true', { user: String(missing) }), { code: 'RUN_ID_UNAVAILABLE', id: missing })
    if (owners) await rejects(run('true', { uid: 70_000 }), { code: 'RUN_ID_UNAVAILABLE', id: 70_000, message: /\(\/tool\)/ })
  })
})
