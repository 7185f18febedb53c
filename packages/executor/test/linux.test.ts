/** What only a real sandbox has: a kernel, lower folders, host folders. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecRequest } from '@layerwright/executor'
import { detectLinux, linuxExecutor } from '@layerwright/executor/linux'
import { createOverlay, deviceInode, dirInode, emptySnapshot, fileInode, mountView, readAll, textContent } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { type Base, baseRoot, layered } from './base.js'
import { sandboxed } from './support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-linux-'))
const folder = join(scratch, 'sandbox')
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Folders are removed beside everything else. */
const WAIT = { timeout: 60_000 }

/** Control groups of runs, by their names: other tests run in other threads of this process, and their groups bear its mark, too. */
const controlGroups = (runs: readonly string[]): string[] =>
  ['.', ...readdirSync('/sys/fs/cgroup')]
    .flatMap((hierarchy) => runs.map((id) => join('/sys/fs/cgroup', hierarchy, `layerwright-${id}`)))
    .filter((path) => existsSync(path))

const busybox = requireTool('busybox')
describe.skipIf(!busybox || !sandboxed('runc'))('a real sandbox', () => {
  const executor = linuxExecutor({ folder })
  let base: Base
  beforeAll(async () => {
    base = await baseRoot(busybox!)
  })

  async function run(script: string, lower: Base = base, options: Partial<ExecRequest> = {}) {
    const overlay = options.overlay ?? createOverlay(lower.snapshot)
    let stdout = ''
    let stderr = ''
    const { exitCode, release } = await executor.run({
      overlay,
      filesystem: mountView(overlay, options.mounts ?? []),
      lower,
      argv: ['/bin/sh', '-c', script],
      env: new Map([['PATH', '/bin']]),
      cwd: '/',
      ...options,
      onOutput(stream, bytes) {
        if (stream === 'stdout') stdout += new TextDecoder().decode(bytes)
        else stderr += new TextDecoder().decode(bytes)
        options.onOutput?.(stream, bytes)
      },
    })
    const changes = overlay.changes()
    for (const { inode } of changes) if (inode?.type === 'file') await readAll(inode.content)
    release?.()
    return { exitCode, stdout, stderr, overlay, changes, diff: overlay.diff().map(({ kind, path }) => `${kind} ${path}`) }
  }

  /** Names of the commands that run with this folder: those of other files in this process have others. */
  const runs = () => readdirSync(join(folder, 'runs'))

  it('says what it found', async () => {
    const { available, problems, backends } = await detectLinux(folder)
    expect({ available, problems }).toEqual({ available: true, problems: [] })
    expect(backends).toContain('runc')
  })

  it('says what is missing, and what to do about it', async () => {
    // A file is no place for folders.
    const nowhere = join(scratch, 'a-file')
    writeFileSync(nowhere, '')
    const { available, problems } = await detectLinux(nowhere)
    expect(available).toBe(false)
    expect(problems[0]?.what).toContain(nowhere)
    await expect(linuxExecutor({ folder: nowhere }).run({} as ExecRequest)).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE' })
  })

  it('mounts overlays that are not written out, where the kernel has them', async () => {
    const { volatile } = await detectLinux(folder)
    const { stdout } = await run('grep " / overlay " /proc/mounts')
    expect(stdout).toMatch(volatile ? /[,=]volatile[, ]/ : /^overlay \/ (?!.*volatile)/)
  })

  it('shows what a tree differs from its layers, and takes over only what the command changed', async () => {
    const overlay = createOverlay(base.snapshot)
    overlay.mkdir('/made')
    overlay.writeFile('/made/empty', '')
    overlay.mkdir('/made/below', { mode: 0o711 })
    overlay.utimes('/made/below', 1_111_111_111_000_000_000n)
    const hollow = await run('stat -c "%n %a %Y" /made/*; rm /made/empty', base, { overlay })
    expect(hollow.stdout).toMatch(/^\/made\/below 711 1111111111\n\/made\/empty 644 \d+\n$/)
    expect(overlay.readdir('/made').map(({ name }) => name)).toEqual(['below'])

    overlay.writeFile('/made/full', 'text')
    overlay.rm('/etc/motd')
    const before = overlay.freeze().entries.get('made')
    const full = await run('cat /made/full; ls /made /etc/motd 2>/dev/null', base, { overlay })
    expect(full.stdout).toBe('text/made:\nbelow\nfull\n')
    expect(overlay.freeze().entries.get('made')).toBe(before)
  })

  it('takes over what a command does beside a mount point that only the tree has', async () => {
    const overlay = createOverlay(base.snapshot)
    const source = createOverlay(emptySnapshot())
    source.writeFile('/file', 'mounted')
    const mounts = [{ target: '/made/for/file', source, subpath: '/file', readonly: true }]
    const view = mountView(overlay, mounts)
    const { stdout } = await run('cat /made/for/file; echo beside > /made/beside', base, { overlay, filesystem: view, mounts })
    expect(stdout).toBe('mounted')
    expect(overlay.readdir('/made').map(({ name }) => name)).toEqual(['beside', 'for'])
    expect(new TextDecoder().decode(await overlay.readFile('/made/beside'))).toBe('beside\n')
  })

  it('shows 200 layers as their tree', async () => {
    let lower = base
    for (let i = 0; i < 200; i++) {
      lower = await layered(lower, (fs) => {
        fs.writeFile('/count', `${i}\n`)
        fs.writeFile(`/l${i % 10}`, `${i}\n`)
      })
    }
    const { stdout } = await run('cat /count /l0 /l9; ls / | grep -c ^l', lower)
    expect(stdout).toBe('199\n190\n199\n10\n')
  })

  it('shows whiteouts, opaque directories, replaced types, hard links and layers that come twice', async () => {
    const gone = await layered(base, (fs) => {
      fs.rm('/etc/motd')
      fs.rm('/dir', { recursive: true })
      fs.mkdir('/dir')
      fs.writeFile('/dir/new', 'new\n')
      fs.rm('/etc/issue')
      fs.mkdir('/etc/issue')
      fs.writeFile('/a', 'linked\n')
      fs.link('/a', '/b')
    })
    const again = await layered(gone, (fs) => fs.writeFile('/a', 'other\n'))
    const twice = { snapshot: gone.snapshot, layers: [...gone.layers, again.layers.at(-1)!, gone.layers.at(-1)!] }
    for (const lower of [gone, twice]) {
      const { stdout } = await run('ls /etc /dir; cat /a; stat -c "%h %F" /a /etc/issue', lower)
      expect(stdout).toBe('/dir:\nnew\n\n/etc:\ngroup\nhosts\nissue\npasswd\nresolv.conf\nlinked\n2 regular file\n2 directory\n')
    }
  })

  it('keeps owners, modes, devices, capabilities and times, and gives them back', async () => {
    const capability = new Uint8Array([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const xattrs = new Map([['security.capability', capability]])
    const lower = await layered(base, (fs) => {
      fs.graft('/tool', fileInode(textContent('tool'), { mode: 0o4755, uid: 5, gid: 6, mtimeNs: 1_111_111_111_987_654_321n, xattrs }))
      fs.graft('/null', deviceInode('char', 1, 3, { mode: 0o666, mtimeNs: 0n }))
      fs.graft(
        '/tree',
        dirInode(new Map([['f', fileInode(textContent('f'), { mode: 0o600, uid: 7, gid: 7 })]]), { mode: 0o2750, uid: 7, gid: 7 }),
      )
    })
    const { stdout, changes, diff } = await run(
      'stat -c "%a %u %g %Y" /tool; stat -c "%t %T %a" /null; stat -c "%a %u" /tree; chmod 4700 /tool; mknod /made c 10 200',
      lower,
    )
    expect(stdout).toBe('4755 5 6 1111111111\n1 3 666\n2750 7\n')
    expect(diff).toEqual(['A /made', 'C /tool'])
    const tool = changes.find(({ path }) => path === 'tool')?.inode
    expect(tool).toMatchObject({ mode: 0o4700, uid: 5, gid: 6, mtimeNs: 1_111_111_111_987_654_321n })
    expect(tool?.xattrs).toEqual(xattrs)
    expect(changes.find(({ path }) => path === 'made')?.inode).toMatchObject({ type: 'char', major: 10, minor: 200 })
  })

  it('extracts a layer once, also when many ask at the same time', async () => {
    const own = join(scratch, 'once')
    const lower = await layered(base, (fs) => fs.writeFile('/big', 'x'.repeat(1 << 20)))
    await Promise.all([0, 1, 2, 3].map(() => run('true', lower)))
    const several = [0, 1, 2].map(() => linuxExecutor({ folder: own }))
    await Promise.all(
      several.map(async (each) => {
        const overlay = createOverlay(lower.snapshot)
        const { release } = await each.run({ overlay, filesystem: overlay, lower, argv: ['/bin/true'], env: new Map(), cwd: '/' })
        release?.()
      }),
    )
    expect(readdirSync(join(own, 'layers'))).toHaveLength(lower.layers.length)
    await vi.waitFor(() => expect(readdirSync(join(own, 'runs'))).toEqual([]), WAIT)
    expect(statSync(join(own, 'layers')).mode & 0o777).toBe(0o700)
  })

  it('gives output while the command runs', async () => {
    const shared = join(scratch, 'shared')
    mkdirSync(shared)
    const bound = hostFolder(shared)
    const overlay = createOverlay(base.snapshot)
    const mounts = [{ target: '/tmp', source: bound }]
    const { stdout } = await run('echo first; until test -e /tmp/go; do sleep 0.05; done; echo second', base, {
      overlay,
      mounts,
      // The command waits for what only its own output brings about.
      onOutput: () => writeFileSync(join(shared, 'go'), ''),
    })
    bound.close()
    expect(stdout).toBe('first\nsecond\n')
  })

  it('binds host folders and files as they are', async () => {
    const host = join(scratch, 'host')
    mkdirSync(join(host, 'sub'), { recursive: true })
    writeFileSync(join(host, 'sub/in'), 'in\n')
    const bound = hostFolder(host)
    // It stays the folder that was opened, whatever its name is.
    renameSync(host, `${host}-renamed`)
    const overlay = createOverlay(base.snapshot)
    overlay.mkdir('/m')
    overlay.mkdir('/r')
    const mounts = [
      { target: '/m', source: bound, subpath: 'sub' },
      { target: '/r', source: bound, readonly: true },
      { target: '/etc/motd', source: bound, subpath: 'sub/in' },
    ]
    const { stdout, stderr, diff } = await run('cat /m/in /etc/motd; echo out > /m/out; echo no > /r/sub/no; cat /r/sub/out', base, {
      overlay,
      mounts,
    })
    bound.close()
    expect(stdout).toBe('in\nin\nout\n')
    expect(stderr).toContain('Read-only')
    expect(readFileSync(join(`${host}-renamed`, 'sub/out'), 'utf8')).toBe('out\n')
    expect(diff).toEqual(['A /m', 'A /r'])
  })

  it('mounts one tree at two places, and nests mounts', async () => {
    const volume = createOverlay(emptySnapshot())
    volume.mkdir('/sub')
    const inner = createOverlay(emptySnapshot())
    const overlay = createOverlay(base.snapshot)
    for (const path of ['/one', '/two']) overlay.mkdir(path)
    volume.mkdir('/point')
    const mounts = [
      { target: '/one', source: volume },
      { target: '/two', source: volume, subpath: 'sub' },
      { target: '/one/point', source: inner },
    ]
    const { stdout } = await run('echo a > /one/sub/a; cat /two/a; echo i > /one/point/i', base, { overlay, mounts })
    expect(stdout).toBe('a\n')
    expect([volume.exists('/sub/a'), volume.exists('/point/i'), inner.exists('/i')]).toEqual([true, false, true])
  })

  it("has no network where none is asked for, and the host's otherwise", async () => {
    expect((await run('ls /sys/class/net', base, { network: 'none' })).stdout).toBe('lo\n')
    const machine = readdirSync('/sys/class/net').sort()
    expect((await run('ls /sys/class/net')).stdout.trim().split('\n').sort()).toEqual(machine)
  })

  it('runs with the capabilities of a container, as process 1, with a root of its own', async () => {
    const { stdout } = await run(
      'echo $$; grep CapEff /proc/self/status; mount -t tmpfs x /tmp 2>/dev/null || echo refused; ls /proc/1/root/bin | wc -l',
    )
    expect(stdout).toMatch(/^1\nCapEff:\s+00000000a80425fb\nrefused\n\d+\n$/)
  })

  it('hands over no descriptor but the three', async () => {
    expect((await run('ls /proc/$$/fd; true')).stdout).toBe('0\n1\n2\n')
  })

  it('makes the root read-only where it is asked to', async () => {
    const { exitCode, stderr } = await run('echo x > /x', base, { readonlyRoot: true })
    expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining('Read-only')])
  })

  it("ends what takes longer than a signal's time", async () => {
    await expect(run('sleep 60', base, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: 'RUN_ABORTED' })
  })

  it('filters system calls: no namespaces, no keys, in the sandbox', async () => {
    expect((await run('grep Seccomp: /proc/self/status')).stdout).toMatch(/^Seccomp:\s+2$/m)
    expect((await run('grep Seccomp: /proc/self/status', base, { security: 'insecure' })).stdout).toMatch(/^Seccomp:\s+0$/m)
  })

  it('puts the bounds of a command into its control group', async () => {
    // Of an earlier command nothing is left to look at.
    await vi.waitFor(() => expect(runs()).toEqual([]), WAIT)
    let quota = ''
    const shared = join(scratch, 'bounds')
    mkdirSync(shared)
    const bound = hostFolder(shared)
    await run('echo up; until test -e /tmp/go; do sleep 0.05; done', base, {
      resources: { cpus: 0.5 },
      mounts: [{ target: '/tmp', source: bound }],
      onOutput() {
        const files = controlGroups(runs()).flatMap((group) => ['cpu.cfs_quota_us', 'cpu.max'].map((name) => join(group, name)))
        quota = files
          .filter((file) => existsSync(file))
          .map((file) => readFileSync(file, 'utf8'))
          .join('')
        writeFileSync(join(shared, 'go'), '')
      },
    })
    bound.close()
    expect(quota).toMatch(/^50000\b/)
  })

  const agentTools = ['ssh-agent', 'ssh-add', 'ssh-keygen'].map((name) => requireTool(name))
  it.skipIf(agentTools.includes(undefined))('lets a command talk to an ssh agent of the machine, and to nothing else of it', async () => {
    const [agent = '', add = '', keygen = ''] = agentTools as string[]
    const socket = join(scratch, 'agent.sock')
    const key = join(scratch, 'key')
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', 'a-key-of-a-test', '-f', key])
    const running = spawn(agent, ['-D', '-a', socket], { stdio: 'ignore' })
    const usr = hostFolder('/usr', { readonly: true })
    try {
      while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20))
      execFileSync(add, ['-q', key], { env: { SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
      const overlay = createOverlay(base.snapshot)
      overlay.mkdir('/usr')
      overlay.mkdir('/run')
      overlay.writeFile('/run/agent', '')
      for (const name of ['lib', 'lib64']) overlay.symlink(`usr/${name}`, `/${name}`)
      const source = createOverlay(emptySnapshot())
      source.writeFile('/socket', '', { mode: 0o600 })
      const mounts = [
        { target: '/usr', source: usr, readonly: true },
        { target: '/run/agent', source, subpath: 'socket', socket },
      ]
      const env = new Map([
        ['PATH', '/bin:/usr/bin'],
        ['SSH_AUTH_SOCK', '/run/agent'],
      ])
      const { stdout, stderr } = await run('ssh-add -l; stat -c "%a %F" /run/agent; ssh-add -l | wc -l', base, { overlay, mounts, env })
      expect(stdout, stderr).toMatch(/^256 SHA256:\S+ a-key-of-a-test \(ED25519\)\n600 socket\n1\n$/)
      await vi.waitFor(() => expect(runs()).toEqual([]), WAIT)
    } finally {
      usr.close()
      running.kill()
    }
  })

  it('leaves no mount, no process and no folder when it is aborted', async () => {
    const ours = () =>
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes(scratch))
    const controller = new AbortController()
    const marker = `7${process.pid}.25`
    await vi.waitFor(() => expect(runs()).toEqual([]), WAIT)
    let mine: readonly string[] = []
    const running = run(`echo up; sleep ${marker}`, base, {
      signal: controller.signal,
      onOutput() {
        mine = runs()
        controller.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'RUN_ABORTED' })
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(`sleep ${marker}`)
    expect(ours()).toEqual([])
    await vi.waitFor(() => expect(runs()).toEqual([]), WAIT)
    expect(mine).toHaveLength(1)
    expect(controlGroups(mine)).toEqual([])
  })
})
