/** The suite of executors, and what is an engine's own, on a Docker engine that is started for it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunOption } from '@layerwright/executor'
import { dockerExecutor } from '@layerwright/executor/docker'
import { executorSuite } from '@layerwright/executor/testing'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDockerEngine } from '../../../test/support/daemon.mjs'
import { leaveOut, requireTool } from '../../../test/support/tools.js'
import { runScript } from '../src/testing/harness.js'
import { baseRoot, layered } from './base.js'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-engine-'))
const socketPath = join(folder, 'docker.sock')
const host = `unix://${socketPath}`
const busybox = requireTool('busybox')
const dockerd = (process.getuid?.() === 0 || leaveOut('the Docker executor', 'not root')) && requireTool('dockerd')
let stop: (() => Promise<void>) | undefined

beforeAll(async () => {
  if (dockerd) stop = (await startDockerEngine(dockerd, folder)).stop
})

afterAll(async () => {
  await stop?.()
  rmSync(folder, { recursive: true, force: true })
})

if (dockerd && busybox) {
  const base = () => baseRoot(busybox)
  const client = new Docker({ socketPath })
  const executor = () => dockerExecutor({ host })
  const supports: RunOption[] = ['ulimits', 'shm', 'memory', 'cpus', ...(allCapabilities() ? (['insecure'] as const) : [])]
  executorSuite('docker', { executor, base, supports }, { describe, it })

  describe('an engine', () => {
    const run = (script: string, options = {}) => runScript({ executor, base }, script, options)
    it('is left without containers and volumes, whatever happened', async () => {
      const mounts = () => [{ target: '/tmp', source: createOverlay(emptySnapshot()) }]
      expect((await run('echo x > /tmp/x; exit 3', { mounts: mounts() })).exitCode).toBe(3)
      const signal = AbortSignal.timeout(500)
      await expect(run('sleep 60', { signal, mounts: mounts() })).rejects.toMatchObject({ code: 'RUN_ABORTED' })
      expect(await client.listContainers({ all: true })).toEqual([])
      expect((await client.listVolumes()).Volumes).toEqual([])
      const tags = (await client.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
      expect(tags.filter((tag) => !tag.startsWith('layerwright-lower:'))).toEqual([])
      expect(tags.length).toBeLessThanOrEqual(20)
    })
    it('gets a layer once: what stands on it sends only what is above', async () => {
      const lower = await layered(await base(), (overlay) => overlay.writeFile('/new', 'new\n'))
      const before = new Set((await client.listImages()).map(({ Id }) => Id))
      const { stdout } = await run('cat /new /etc/motd', { lower, overlay: createOverlay(lower.snapshot) })
      expect(stdout).toBe('new\nmotd\n')
      const made = (await client.listImages()).find(({ Id }) => !before.has(Id))
      expect((await client.getImage(made?.Id ?? '').inspect()).RootFS.Layers).toEqual(lower.layers.map(({ diffId }) => diffId))
    })
    it('binds a folder of this machine, and never shows it to the layer', async () => {
      const own = join(folder, 'bound')
      mkdirSync(own)
      writeFileSync(join(own, 'file'), 'of the machine\n')
      const overlay = createOverlay((await base()).snapshot)
      overlay.mkdir('/data')
      const source = hostFolder(own)
      const { stdout, diff } = await run('cat /data/file; echo back > /data/back', { overlay, mounts: [{ target: '/data', source }] })
      expect([stdout, readFileSync(join(own, 'back'), 'utf8'), diff]).toEqual(['of the machine\n', 'back\n', ['A /data']])
    })
    it('holds the bytes of a mounted file in no layer', async () => {
      const secret = createOverlay(emptySnapshot())
      secret.writeFile('/secret', 'very-secret-bytes\n', { mode: 0o400 })
      const mounts = [{ target: '/etc/issue', source: secret, subpath: 'secret', readonly: true }]
      const { stdout, diff } = await run('cat /etc/issue; echo x 2>/dev/null > /etc/issue || echo refused', { mounts })
      expect([stdout, diff]).toEqual(['very-secret-bytes\nrefused\n', []])
    })
  })
}

/** Whether this machine has all capabilities to give; some are confined themselves. */
function allCapabilities(): boolean {
  const [, bounding = '0'] = /^CapBnd:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return (BigInt(`0x${bounding}`) & ((1n << 38n) - 1n)) === (1n << 38n) - 1n
}

it('says where no engine answers', async () => {
  const root = createOverlay(emptySnapshot())
  const request = { overlay: root, filesystem: root, lower: { snapshot: root.lower, layers: [] }, argv: ['/x'], env: new Map(), cwd: '/' }
  const gone = dockerExecutor({ host: `unix://${join(folder, 'nobody.sock')}` })
  await expect(gone.run(request)).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', message: expect.stringContaining('nobody.sock') })
  await expect(dockerExecutor({ host: 'ftp://there' }).run(request)).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' })
})
