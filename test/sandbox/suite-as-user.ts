/** What `rootless.test.ts` runs as an ordinary user: the suite of executors with each runtime, by Node's own test runner. */
import { deepEqual, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BackendName, detectLinux, linuxExecutor } from '@layerwright/executor/linux'
import { executorSuite } from '@layerwright/executor/testing'
import { createOverlay, deviceInode, fileInode, textContent } from '@layerwright/vfs'
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

  it('says which id is missing', async () => {
    const missing = owners ? 65536 : 1
    await rejects(run('true', { user: String(missing) }), { code: 'RUN_ID_UNAVAILABLE', id: missing })
    if (owners) await rejects(run('true', { uid: 70_000 }), { code: 'RUN_ID_UNAVAILABLE', id: 70_000, message: /\(\/tool\)/ })
  })
})
