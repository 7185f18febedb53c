import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '@layerwright/digest'
import { openStore } from '@layerwright/store/node'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-crash-'))
afterAll(() => rmSync(base, { recursive: true }))

const WORKER = `
import { openStore } from '@layerwright/store/node'
const [dir, seed] = process.argv.slice(2)
const store = await openStore(dir)
process.stdout.write('open\\n')
for (let i = 0; ; i++) {
  const text = seed + ' ' + i
  const writer = store.writer()
  for (let part = 0; part < i % 7; part++) writer.write(new Uint8Array(700_000).fill(part))
  writer.write(new TextEncoder().encode(text))
  const { digest } = await writer.commit()
  await store.putRecord('done', text, new TextEncoder().encode(digest))
  await store.lock('shared', async () => store.putRecord('done', 'latest', new TextEncoder().encode(text)))
}
`
const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const worker = join(base, 'worker.mjs')
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

beforeAll(async () => {
  await build({
    stdin: { contents: WORKER, resolveDir: base, loader: 'js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile: worker,
    logLevel: 'error',
    plugins: [
      {
        name: 'sources',
        setup({ onResolve }) {
          onResolve({ filter: /^@layerwright\/store\/node$/ }, () => ({ path: source('store/src/node/index.ts') }))
          onResolve({ filter: /^@layerwright\/digest$/ }, () => ({ path: source('digest/src/index.ts') }))
          onResolve({ filter: /^#sha256$/ }, () => ({ path: source('digest/src/sha256/node.ts') }))
        },
      },
    ],
  })
})

function start(dir: string, seed: string): { child: ChildProcess; opened: Promise<void>; ended: Promise<unknown> } {
  const child = spawn(process.execPath, [worker, dir, seed], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const opened = new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()))
  const ended = new Promise((resolve) => child.once('exit', resolve)).then(() => children.delete(child))
  return { child, opened, ended }
}

describe('processes killed at any instant', () => {
  it('leave a store that opens clean, with everything that was said to be done', async () => {
    const dir = join(base, 'store')
    for (let round = 0; round < 6; round++) {
      const running = [start(dir, `a${round}`), start(dir, `b${round}`)]
      await Promise.all(running.map((one) => one.opened))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120))
      for (const one of running) one.child.kill('SIGKILL')
      await Promise.all(running.map((one) => one.ended))

      const store = await openStore(dir)
      expect(await store.verify()).toEqual([])
      expect(readdirSync(join(dir, 'tmp'))).toEqual([])
      for (const key of await store.recordKeys('done')) {
        const value = new TextDecoder().decode(await store.record('done', key))
        if (key !== 'latest') expect(await store.blob(value as `sha256:${string}`)).toBeDefined()
      }
      // The lock of the dead is free at once.
      await store.lock('shared', async () => {}, AbortSignal.timeout(60_000))
      expect(readdirSync(join(dir, 'locks'))).toEqual([])
      store.close()
    }
  })

  it('let only one at a time hold a lock', async () => {
    const dir = join(base, 'lock')
    const store = await openStore(dir)
    const other = await openStore(dir)
    const running = start(dir, 'x')
    await running.opened
    let inside = 0
    const work = async () => {
      expect(++inside).toBe(1)
      const before = await store.record('done', 'latest')
      await new Promise((resolve) => setTimeout(resolve, 15))
      // The worker writes this record only under the lock.
      expect(await store.record('done', 'latest')).toEqual(before)
      inside--
    }
    for (let i = 0; i < 8; i++) await Promise.all([store.lock('shared', work), other.lock('shared', work)])
    running.child.kill('SIGKILL')
    await running.ended
  })
})

describe('a full disk', () => {
  const dir = join(base, 'small')
  let mounted = false
  beforeAll(() => {
    mkdirSync(dir)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir], { stdio: 'ignore' })
      mounted = true
    } catch {
      console.log('skipped: a full disk (mounting a tmpfs needs root)')
    }
  })
  afterAll(() => {
    if (mounted) execFileSync('umount', ['-l', dir])
  })

  it('is a typed error, and nothing is left behind', async ({ skip }) => {
    if (!mounted && !process.env.CI) skip()
    const store = await openStore(join(dir, 'store'))
    const kept = store.writer()
    kept.write(new TextEncoder().encode('kept'))
    await kept.commit()
    const writer = store.writer()
    expect(() => {
      for (let i = 0; i < 8; i++) writer.write(new Uint8Array(1 << 20))
    }).toThrow(expect.objectContaining({ code: 'STORE_FULL' }))
    expect(readdirSync(join(dir, 'store', 'tmp'))).toEqual([])
    await expect(store.putRecord('k', 'big', new Uint8Array(8 << 20))).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(readdirSync(join(dir, 'store', 'tmp'))).toEqual([])
    expect(await store.verify()).toEqual([])
    expect(await store.blob(sha256('kept'))).toBeDefined()
    // A folder on a full disk does not become half a store either.
    writeFileSync(join(dir, 'fill'), new Uint8Array(3 << 20))
    try {
      for (let i = 0; ; i++) writeFileSync(join(dir, `fill${i}`), new Uint8Array(4096))
    } catch {}
    await expect(openStore(join(dir, 'second'))).rejects.toMatchObject({ code: 'STORE_FULL' })
  })
})
