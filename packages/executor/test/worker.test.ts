/** The simulated shell in a worker: stopped at any time, and otherwise the same as in the caller's thread. */
import { randomInt } from 'node:crypto'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import type { ExecRequest, Executor, FileAccess } from '@layerwright/executor'
import { simulatedShell } from '@layerwright/executor/shell'
import {
  createOverlay,
  dirInode,
  emptySnapshot,
  fileInode,
  type LayerChange,
  type Mountable,
  memoryContent,
  mountView,
  type Overlay,
  readAll,
  tmpfs,
} from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { threadedShell } from './support.js'

const here = simulatedShell({ everyCommand: true })
const threaded = threadedShell({ everyCommand: true })

/** A lower tree with links and a large file, and an overlay that has changed it already. */
function startTree(): Overlay {
  const lower = createOverlay(emptySnapshot(), { now: () => 0n })
  for (const path of ['/etc', '/tmp', '/work/a/deep', '/work/b']) lower.mkdir(path, { recursive: true })
  lower.writeFile('/work/a/one', 'one\n')
  lower.link('/work/a/one', '/work/a/two')
  lower.writeFile('/work/a/deep/three', 'three\n')
  lower.writeFile('/work/large', memoryContent(new Uint8Array(3_000_000).fill(97)))
  lower.symlink('a/one', '/work/link')
  lower.setxattr('/work/a/one', 'user.note', Uint8Array.of(1, 2, 255))
  let past = true
  const overlay = createOverlay(lower.freeze(), { now: () => (past ? 0n : BigInt(Date.now()) * 1_000_000n) })
  overlay.writeFile('/work/b/upper', 'upper\n')
  overlay.link('/work/b/upper', '/work/b/other')
  overlay.rm('/work/a/deep', { recursive: true })
  overlay.mkdir('/work/a/deep')
  past = false
  return overlay
}

async function run(executor: Executor, script: string, options: Partial<ExecRequest> = {}) {
  const overlay = options.overlay ?? startTree()
  const out = { stdout: '', stderr: '' }
  const { exitCode } = await executor.run({
    overlay,
    filesystem: overlay,
    lower: { snapshot: overlay.lower, layers: [] },
    argv: ['bash', '-c', script],
    env: new Map([['PATH', '/usr/bin:/bin']]),
    cwd: '/work',
    onOutput: (stream, bytes) => {
      out[stream] += new TextDecoder().decode(bytes)
    },
    ...options,
  })
  return { ...out, exitCode, overlay }
}

/** 2020: whatever is later was written by a clock. */
const LONG_AGO = 1_577_836_800_000_000_000n

/** Everything about changes but the times that a clock wrote. */
async function described(changes: readonly LayerChange[]): Promise<unknown[]> {
  const numbers = new Map<object, number>()
  const lines: unknown[] = []
  for (const { path, inode, repeated } of changes) {
    if (!inode) {
      lines.push([path, 'gone'])
      continue
    }
    numbers.set(inode, numbers.get(inode) ?? numbers.size)
    const { type, mode, uid, gid, mtimeNs, xattrs } = inode
    const set = mtimeNs < LONG_AGO ? mtimeNs : 'now'
    const what = inode.type === 'file' ? sha256(await readAll(inode.content)) : inode.type === 'symlink' ? inode.target : ''
    lines.push([path, type, mode, uid, gid, set, [...(xattrs ?? [])], what, type === 'dir' ? repeated : numbers.get(inode)])
  }
  return lines
}

describe('an abort ends', () => {
  const loops = [
    'while true; do :; done',
    `awk 'BEGIN { while (1) x++ }'`,
    `echo x | sed ':a; s/x/x/; ta'`,
    'yes > /dev/null',
    'yes',
    'sleep 1000000000; while true; do sleep 1; done',
  ]
  it.each(loops)('%s, and nothing of the command is left', async (loop) => {
    const overlay = startTree()
    const before = overlay.freeze()
    const controller = new AbortController()
    let abortedAt = 0
    const running = run(threaded, `echo left > /work/left; echo started >&2; ${loop}`, {
      overlay,
      signal: controller.signal,
      onOutput(stream) {
        if (stream !== 'stderr' || abortedAt > 0) return
        abortedAt = -1
        // Let it get into its loop.
        setTimeout(() => {
          abortedAt = performance.now()
          controller.abort(new Error('enough'))
        }, 50)
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'RUN_ABORTED', cause: { message: 'enough' } })
    console.log(`${loop}: stopped ${(performance.now() - abortedAt).toFixed(0)} ms after the abort`)
    expect(overlay.freeze()).toBe(before)
    // The next command has a worker again.
    expect((await run(threaded, 'echo next')).stdout).toBe('next\n')
  })
})

describe('an abort of what shall be kept', () => {
  it('leaves what the command did until its last step, or nothing where it never comes to one', async () => {
    const aborted = async (executor: Executor, afterMs?: number) => {
      const overlay = startTree()
      const controller = new AbortController()
      if (afterMs !== undefined) setTimeout(() => controller.abort('enough'), afterMs)
      const script = 'echo x > left; echo started; while true; do :; done'
      const onOutput = () => void setTimeout(() => controller.abort('enough'), 20)
      const running = run(executor, script, { overlay, signal: controller.signal, keepAborted: true, onOutput })
      await expect(running).rejects.toMatchObject({ code: 'RUN_ABORTED', cause: 'enough' })
      return overlay.exists('/work/left')
    }
    expect(await aborted(threaded)).toBe(true)
    const { nodeShellWorker } = await import('@layerwright/executor/node')
    const deaf = new URL('data:text/javascript,setInterval(() => {}, 1000)')
    expect(await aborted(simulatedShell({ worker: () => nodeShellWorker({ file: deaf }) }), 50)).toBe(false)
    expect((await run(threaded, 'echo next')).stdout).toBe('next\n')
  })
})

describe('a command in a worker', () => {
  const words = fc.constantFrom('a', 'a/one', 'a/two', 'a/deep', 'b', 'b/upper', 'b/other', 'link', 'n', 'n/m', 'large')
  const step = fc.oneof(
    fc.tuple(
      fc.constantFrom('echo more >>', 'mkdir -p', 'rm -rf', 'touch -d @86400', 'chmod 4711', 'chown 7:8', 'mkfifo', 'head -c 5'),
      words,
    ),
    fc.tuple(fc.constantFrom('mv', 'ln', 'ln -sf', 'cp -a', 'cp'), words, words),
    fc.tuple(fc.constantFrom('truncate -s 1500000'), words),
  )
  it('leaves the same changes as in the thread of the caller', async () => {
    const seed = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : randomInt(2 ** 31)
    const numRuns = process.env.CI ? 150 : 20
    console.log(`${numRuns} scripts, seed ${seed}`)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, twice) => {
        const script = steps.map((parts) => parts.join(' ')).join('\n')
        const [one, other] = await Promise.all(
          [here, threaded].map(async (executor) => {
            const first = await run(executor, script)
            return twice ? run(executor, 'echo again >> a/one; mv b/upper b/moved', { overlay: first.overlay }) : first
          }),
        )
        expect([other!.exitCode, other!.stdout, other!.stderr]).toEqual([one!.exitCode, one!.stdout, one!.stderr])
        expect(await described(other!.overlay.changes())).toEqual(await described(one!.overlay.changes()))
      }),
      { seed, numRuns },
    )
  })

  it('shares the contents that it did not write with the tree that it was given', async () => {
    const { overlay } = await run(threaded, 'cp large copy; chmod 600 large; echo end >> copy')
    const of = (path: string) => overlay.open(path)
    expect(of('/work/large').size).toBe(3_000_000)
    const tree = overlay.lower.entries.get('work')
    const before = tree?.type === 'dir' ? tree.entries.get('large') : undefined
    expect(before?.type === 'file' && before.content).toBe(of('/work/large'))
    expect(of('/work/copy').size).toBe(3_000_004)
  })

  it('sees mounts, writes to those that may be written to, and a mounted file stays the file that it is', async () => {
    const overlay = startTree()
    const volume = createOverlay(emptySnapshot())
    volume.mkdir('/sub')
    volume.writeFile('/file', 'file\n')
    const fixed = createOverlay(dirInode(new Map([['secret', fileInode(memoryContent(Uint8Array.of(115, 10)), { mode: 0o400 })]])))
    const view = mountView(overlay, [
      { target: '/work/v', source: volume },
      { target: '/work/v/sub/inner', source: fixed, readonly: true },
      { target: '/work/b', source: volume, subpath: 'sub' },
      { target: '/etc/hosts', source: volume, subpath: 'file' },
    ])
    const script = 'cat v/sub/inner/secret; echo x > v/sub/inner/no; echo more >> /etc/hosts; echo in > b/in; cat v/sub/in v/file'
    const { stdout, stderr } = await run(threaded, script, { overlay, filesystem: view })
    expect(stdout).toBe('s\nin\nfile\nmore\n')
    expect(stderr).toContain('Read-only file system')
    expect(new TextDecoder().decode(await view.readFile('/etc/hosts'))).toBe('file\nmore\n')
    expect(volume.readdir('/sub').map(({ name }) => name)).toEqual(['in', 'inner'])
    const readonly = mountView(overlay, [{ target: '/work/v', source: volume }], { readonly: true })
    expect((await run(threaded, 'echo x > no; echo y > v/yes', { overlay, filesystem: readonly })).stderr).toContain('Read-only')
    expect([overlay.exists('/work/no'), volume.exists('/yes')]).toEqual([false, true])
  })

  it('works in folders of the host as in the thread of the caller, at once', async () => {
    const scripts = [
      'cat h/in h/sub/deep; ls -l h | cut -c1-10; echo out > h/out; echo more >> h/in; cat h/in > copy; cp -r h/sub h/again; wc -c < large > h/n',
      'mv h/in h/sub/moved; ln h/sub/deep h/hard; ln -s sub h/link; cat h/link/deep; rm -r h/again; truncate -s 3 h/out; chmod 750 h/out; touch -d @86400 h/n',
      'cat h/none; mkdir h/sub; rmdir h/sub; mkfifo h/p; echo x > h/fixed/no; cat h/fixed/deep one-file; echo y >> one-file; cp large h/large; cat h/n',
      'for i in 1 2 3 4 5 6 7 8 9; do echo $i > h/$i; done; grep -l . h/? | wc -l; find h -type f | sort',
    ]
    const results = []
    for (const executor of [here, threaded]) {
      const folder = mkdtempSync(join(tmpdir(), 'layerwright-worker-'))
      mkdirSync(join(folder, 'sub'))
      for (const [name, text] of [
        ['in', 'in'],
        ['sub/deep', 'deep'],
        ['one', 'one'],
      ] as const)
        writeFileSync(join(folder, name), `${text}\n`)
      const host = hostFolder(folder)
      const overlay = startTree()
      const view = mountView(overlay, [
        { target: '/work/h', source: host },
        { target: '/work/h/fixed', source: host, subpath: 'sub', readonly: true },
        { target: '/work/one-file', source: host, subpath: 'one' },
      ])
      const said = []
      for (const script of scripts) {
        const { stdout, stderr, exitCode } = await run(executor, script, { overlay, filesystem: view })
        said.push({ stdout, stderr, exitCode })
      }
      host.close()
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
      const found = files.map((name) => [name, lstatSync(join(folder, name)).mode, lstatSync(join(folder, name)).size])
      results.push({ said, found, times: lstatSync(join(folder, 'n')).mtimeMs, changes: await described(overlay.changes()) })
      rmSync(folder, { recursive: true })
    }
    expect(results[0]!.said[0]!.stdout).toContain('in\ndeep\n')
    expect(results[0]!.found).toContainEqual(['out', 0o100750, 3])
    expect(results[1]).toEqual(results[0])
  })

  it('tells of the same accesses, programs and output, in their order', async () => {
    const told = async (make: (onProgram: (argv: readonly string[]) => void) => Executor) => {
      const all: unknown[] = []
      const executor = make((argv) => all.push(['program', ...argv]))
      const onAccess = (access: FileAccess) => all.push(access)
      const onOutput = (stream: string, bytes: Uint8Array) => all.push([stream, new TextDecoder().decode(bytes)])
      await run(executor, 'cat a/one none; ls b; for i in 1 2 3; do test -e $i; done; head -c 70000 large', { onAccess, onOutput })
      return all.flatMap((each, i) => joinOutput(each, all[i - 1], all.slice(i + 1)))
    }
    const inThread = await told((onProgram) => simulatedShell({ everyCommand: true, onProgram }))
    expect(inThread.length).toBeGreaterThan(10)
    expect(await told((onProgram) => threadedShell({ everyCommand: true, onProgram }))).toEqual(inThread)
  })

  it('is given its input, files, user and clock', async () => {
    const clock = () => 1_000_000_000_000
    const overlay = createOverlay(startTree().freeze(), { now: () => 1_000_000_000_000_000_000n })
    overlay.writeFile('/etc/passwd', 'app:x:1000:1000::/home/app:/bin/sh\n')
    const { stdout } = await run(
      threadedShell({ everyCommand: true, clock }),
      'cat; cat /dev/pipes/x; id -u; date -u +%Y; stat -c %Y /tmp/f',
      {
        overlay,
        stdin: new TextEncoder().encode('input\n'),
        files: [{ path: '/dev/pipes/x', bytes: new TextEncoder().encode('file\n') }],
        user: 'app',
      },
    ).then(async (first) => ({ stdout: first.stdout.split('stat')[0] }))
    expect(stdout).toBe('input\nfile\n1000\n2001\n')
    await run(threaded, 'touch /tmp/f', { overlay })
    expect(overlay.stat('/tmp/f').mtimeNs / 1_000_000_000n - 1_000_000_000n).toBeLessThan(100n)
  })

  it('runs beside others', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, (_, i) => run(threaded, `for n in 1 2 3; do echo ${i}-$n >> f; done; cat f`)))
    expect(all.map(({ stdout }) => stdout)).toEqual([0, 1, 2, 3].map((i) => `${i}-1\n${i}-2\n${i}-3\n`))
  })
})

/** Pieces of one stream behind one another count as one. */
function joinOutput(each: unknown, previous: unknown, rest: readonly unknown[]): unknown[] {
  const streamOf = (one: unknown) => (Array.isArray(one) && one[0] !== 'program' ? one[0] : undefined)
  const stream = streamOf(each)
  if (stream === undefined) return [each]
  if (streamOf(previous) === stream) return []
  const end = rest.findIndex((one) => streamOf(one) !== stream)
  const more = end < 0 ? rest : rest.slice(0, end)
  return [[stream, [each, ...more].map((one) => (one as string[])[1]).join('')]]
}

describe('an error of a command in a worker', () => {
  it('is the error that it would be in the thread of the caller, and what was written before it is there', async () => {
    const scripts = ['echo x > f; apt-get update', 'while true; do :; done', 'echo one; nodejs || true']
    for (const script of scripts) {
      const limits = { commands: 1000 }
      const [one, other] = await Promise.all(
        [simulatedShell({ everyCommand: true, limits }), threadedShell({ everyCommand: true, limits })].map(async (executor) => {
          const overlay = startTree()
          const error: unknown = await run(executor, script, { overlay }).catch((thrown: unknown) => thrown)
          expect(error).toBeInstanceOf(Error)
          return {
            class: (error as object).constructor,
            error: { ...(error as Error) },
            text: String(error),
            there: overlay.exists('/work/f'),
          }
        }),
      )
      expect(other).toEqual(one)
    }
  })

  it('is that of the file which could not be read', async () => {
    const overlay = startTree()
    const broken = new Error('the disk is gone')
    overlay.writeFile('/work/broken', {
      size: 5,
      // biome-ignore lint/correctness/useYield: it fails before there is anything
      async *stream() {
        throw broken
      },
    })
    await expect(run(threaded, 'cat broken', { overlay })).rejects.toBe(broken)
    await expect(run(here, 'cat broken', { overlay })).rejects.toBe(broken)
    const memory = tmpfs()
    const fails = () => {
      throw broken
    }
    // Somebody's own filesystem, of which nothing is known but its operations.
    const strange = new Proxy(memory, {
      get: (_, key: keyof Mountable) =>
        key === 'list' ? fails : typeof memory[key] === 'function' ? memory[key].bind(memory) : memory[key],
      getPrototypeOf: () => Object.prototype,
    })
    const view = mountView(startTree(), [{ target: '/tmp', source: strange }])
    await expect(run(threaded, 'ls /tmp', { filesystem: view })).rejects.toBe(broken)
    await expect(run(here, 'ls /tmp', { filesystem: view })).rejects.toBe(broken)
  })

  it('says so when the worker dies, and the next command has another', async () => {
    const small = threadedShell({ everyCommand: true }, { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 })
    const overlay = startTree()
    const before = overlay.freeze()
    const growing = run(small, 'echo x > f; v=x; while true; do v=$v.$v; a+=("$v"); echo $v > /dev/null; done', { overlay })
    await expect(growing).rejects.toMatchObject({ code: 'RUN_WORKER_DIED', message: expect.stringContaining('memory') })
    expect(overlay.freeze()).toBe(before)
    expect((await run(small, 'echo next')).stdout).toBe('next\n')
  })

  it('says so when the worker cannot be loaded', async () => {
    const { nodeShellWorker } = await import('@layerwright/executor/node')
    const file = new URL('./no-such-module.js', import.meta.url)
    await expect(run(simulatedShell({ worker: () => nodeShellWorker({ file }) }), 'true')).rejects.toMatchObject({
      code: 'RUN_WORKER_DIED',
    })
    const none = simulatedShell({
      worker: () => {
        throw new Error('no threads here')
      },
    })
    await expect(run(none, 'true')).rejects.toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', cause: { message: 'no threads here' } })
  })

  it("is the caller's own where a listener throws", async () => {
    const fault = new Error('full')
    const onOutput = () => {
      throw fault
    }
    await expect(run(threaded, 'echo x; sleep 1; echo y', { onOutput })).rejects.toBe(fault)
  })
})
