/** Extracted layers are a cache: they go when nobody uses them, whoever else is at work. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linuxExecutor, pruneLayers } from '@layerwright/executor/linux'
import { createOverlay } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { type Base, baseRoot, layered } from './base.js'
import { sandboxed } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-prune-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const busybox = requireTool('busybox')
describe.skipIf(!busybox || !sandboxed('runc'))('pruneLayers', () => {
  const executor = linuxExecutor({ folder })
  async function run(script: string, lower: Base, onOutput?: () => void) {
    const overlay = createOverlay(lower.snapshot)
    const { exitCode, release } = await executor.run({
      ...{ overlay, filesystem: overlay, lower, argv: ['/bin/sh', '-c', script], env: new Map([['PATH', '/bin']]), cwd: '/' },
      ...(onOutput ? { onOutput } : {}),
    })
    release?.()
    return exitCode
  }
  const layers = () => readdirSync(join(folder, 'layers'))
  const settled = () => expect.poll(() => readdirSync(join(folder, 'runs')), { timeout: 60_000 }).toEqual([])

  it('removes what no command uses, and it is extracted again', async () => {
    const base = await baseRoot(busybox!)
    const more = await layered(base, (fs) => fs.writeFile('/more', 'x'.repeat(1000)))
    expect(await run('test -e /more', more)).toBe(0)
    await settled()
    expect(pruneLayers({ folder, dryRun: true })).toMatchObject({ removed: 2, left: 0, leftBytes: 0 })
    expect(layers()).toHaveLength(2)
    expect(pruneLayers({ folder })).toMatchObject({ removed: 2, left: 0 })
    expect(layers()).toEqual([])
    expect(await run('test -e /more', more)).toBe(0)
  })

  it('keeps what was used last, up to a size', async () => {
    const base = await baseRoot(busybox!)
    const one = await layered(base, (fs) => fs.writeFile('/one', 'x'.repeat(100_000)))
    const two = await layered(base, (fs) => fs.writeFile('/two', 'x'.repeat(100_000)))
    for (const lower of [one, two, one]) expect(await run('true', lower)).toBe(0)
    await settled()
    const { leftBytes } = pruneLayers({ folder, dryRun: true, maxBytes: Number.MAX_SAFE_INTEGER })
    const { removed } = pruneLayers({ folder, maxBytes: leftBytes - 50_000 })
    expect(removed).toBeGreaterThan(0)
    const left = layers().map((name) => `sha256:${name}`)
    expect(left).toContain(one.layers.at(-1)?.diffId)
    expect(left).not.toContain(two.layers.at(-1)?.diffId)
  })

  it('leaves a running command its layers', async () => {
    const base = await baseRoot(busybox!)
    let pruned: ReturnType<typeof pruneLayers> | undefined
    const exitCode = await run('echo up; sleep 0.3; ls /dir/deep/er', base, () => {
      pruned ??= pruneLayers({ folder })
    })
    expect([exitCode, pruned?.left]).toEqual([0, 1])
  })

  it('never takes a layer from under a command that begins', async () => {
    const base = await baseRoot(busybox!)
    let running = 8
    const codes = Promise.all(
      Array.from({ length: running }, async () => {
        try {
          return await run('ls /dir/deep/er', base)
        } finally {
          running--
        }
      }),
    )
    while (running > 0) {
      pruneLayers({ folder })
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(await codes).toEqual(Array(8).fill(0))
  })
})
