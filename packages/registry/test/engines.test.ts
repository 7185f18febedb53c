/** What we push to a registry is pulled and run by podman and by a Docker engine, in either kind of media types. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeImage, type StoredImage } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { openRegistry, pushImage } from '@layerwright/registry/node'
import { memoryStore } from '@layerwright/store'
import { dirInode, fileInode, memoryContent } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDaemon, startDockerEngine } from '../../../test/support/daemon.mjs'
import { freePort } from '../../../test/support/ports.mjs'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

const registry = requireTool('docker-registry')
const busybox = requireTool('busybox')
const podman = requireTool('podman')
const dockerd = requireTool('dockerd')
const docker = requireTool('docker')
const isRoot = process.getuid?.() === 0 || leaveOut('engines', 'not root')
const base = mkdtempSync(join(tmpdir(), 'layerwright-engines-'))
let stopRegistry: (() => Promise<void>) | undefined
const run = promisify(execFile)

let host = ''
let image: StoredImage
const client = () => openRegistry({ credentials: () => undefined })

beforeAll(async () => {
  if (!registry || !busybox || !isRoot) return
  const store = memoryStore()
  const program = fileInode(memoryContent(new Uint8Array(readFileSync(busybox))), { mode: 0o755 })
  const layers = [
    await storeLayer(store, [
      { path: 'bin', inode: dirInode() },
      { path: 'bin/busybox', inode: program },
    ]),
    await storeLayer(store, [{ path: 'said', inode: fileInode(memoryContent(new TextEncoder().encode('pulled and run\n'))) }]),
  ]
  const config = {
    os: 'linux',
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    config: { Cmd: ['/bin/busybox', 'cat', '/said'] },
  }
  image = makeImage({ config: { ...config, history: [{ created_by: 'a' }, { created_by: 'b' }] }, layers })
  host = `127.0.0.1:${await freePort()}`
  const file = join(base, 'registry.yml')
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${join(base, 'registry')}\n`
  writeFileSync(file, `version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\n${storage}http:\n  addr: ${host}\n`)
  stopRegistry = await startDaemon(registry, ['serve', file], () => fetch(`http://${host}/v2/`))
})

afterAll(async () => {
  await stopRegistry?.()
  rmSync(base, { recursive: true, force: true })
})

const KINDS = [
  ['oci', {}],
  ['docker', { mediaTypes: 'docker' }],
  ['uncompressed', { compression: 'none' }],
] as const

describe.skipIf(!registry || !busybox || !podman || !isRoot)('podman', () => {
  const own = [
    '--root',
    join(base, 'podman'),
    '--runroot',
    join(base, 'podman-run'),
    '--storage-driver',
    'vfs',
    '--runtime',
    'runc',
    '--cgroup-manager=cgroupfs',
  ]
  const flags = ['run', '--rm', '--tls-verify=false', '--network', 'none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

  it.each([...KINDS, ['zstd', { compression: 'zstd' }] as const])('runs what we pushed (%s)', async (kind, options) => {
    const name = `${host}/podman/app:${kind}`
    await pushImage(name, image, { client: client(), ...options })
    const { stdout } = await run(podman!, [...own, ...flags, name])
    expect(stdout).toBe('pulled and run\n')
  })
})

describe.skipIf(!registry || !busybox || !dockerd || !docker || !isRoot)('a Docker engine', () => {
  let engine: Awaited<ReturnType<typeof startDockerEngine>>
  let socket = ''
  beforeAll(async () => {
    mkdirSync(join(base, 'docker'))
    engine = await startDockerEngine(dockerd!, join(base, 'docker'))
    socket = engine.host
  })
  afterAll(() => engine?.stop())

  it.each(KINDS)('runs what we pushed, and what it pushes is the same image (%s)', async (kind, options) => {
    const name = `${host}/docker/app:${kind}`
    await pushImage(name, image, { client: client(), ...options })
    const { stdout } = await run(docker!, ['-H', socket, 'run', '--rm', '--network', 'none', name])
    expect(stdout).toBe('pulled and run\n')
    const { stdout: id } = await run(docker!, ['-H', socket, 'image', 'inspect', '--format', '{{.Id}}', name])
    expect(id.trim()).toBe(image.manifest.config.digest)
  })
})
