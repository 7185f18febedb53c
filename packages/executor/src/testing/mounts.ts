import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { equal, type Part } from './harness.js'

/** Volumes, files beside the tree, devices. */
export function mountsPart({ name, fixture: { base }, run, runner: { describe, it } }: Part): void {
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
    it('bounds a filesystem in memory, and gives it the mode of its source', async () => {
      const size = 65536
      const source = createOverlay(emptySnapshot({ mode: 0o750 }), { maxBytes: size })
      const script =
        'stat -c %a /tmp; head -c 30000 /dev/zero > /tmp/a && echo fits; head -c 90000 /dev/zero > /tmp/b || echo full; rm /tmp/b; cat /tmp/a | wc -c'
      const { stdout, diff } = await run(script, { mounts: [{ target: '/tmp', source, noexec: true, scratch: { size } }] })
      equal([stdout, diff], ['750\nfits\nfull\n30000\n', []], 'what fits, and diff')
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
}
