/**
 * Many processes build into one store with a cap, and are killed at random instants. STORE_BUILDS: builds of each of the 8 processes; few by default,
 * 50 in CI. STORE_SEED repeats a run.
 */
import { spawn } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { memoryContext } from '@layerwright/build'
import { openStore } from '@layerwright/store/node'
import { build, enforceCap, memoryStore, setKeepPolicy, verifyStore } from 'layerwright'
import { expect, it } from 'vitest'
import { scratchFolder } from './support.js'

const PROCESSES = 8
const builds = Number(process.env.STORE_BUILDS || (process.env.CI ? 50 : 2))
const seed = process.env.STORE_SEED ? Number(process.env.STORE_SEED) : Math.floor(Math.random() * 2 ** 31)
const CAP = 2_000_000
const worker = fileURLToPath(new URL('./store-worker.mjs', import.meta.url))

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomOf(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

it(`stays whole, right and under its cap with ${PROCESSES} processes of ${builds} builds, killed at random`, {
  timeout: 900_000,
}, async () => {
  const random = randomOf(seed)
  const folder = scratchFolder()
  const dir = join(folder, 'store')
  const text = (length: number) => Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('')
  const shared = text(60_000)
  const variants = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const files = {
        Dockerfile:
          'FROM scratch AS deps\nCOPY shared /shared\nFROM scratch\nCOPY --from=deps /shared /base/\nWORKDIR /srv\nCOPY own /srv/\nCOPY half /srv/\n',
        shared,
        own: text(20_000 + Math.floor(random() * 150_000)),
        half: `${'x'.repeat(30_000)}${Math.floor(i / 2)}`,
      }
      const { image } = await build({ context: memoryContext(files), store: memoryStore() })
      return { files, digest: image.digest }
    }),
  )
  const spec = join(folder, 'spec.json')
  writeFileSync(spec, JSON.stringify({ variants }))
  const store = await openStore(dir)
  await setKeepPolicy(store, { maxBytes: CAP })

  let [kills, failures, most] = [0, 0, 0]
  const messages: string[] = []
  const runOne = async (): Promise<void> => {
    for (let next = 0; next < builds; ) {
      const child = spawn(process.execPath, [worker, dir, spec, String(next), String(builds)], { stdio: ['ignore', 'pipe', 'pipe'] })
      child.stderr.on('data', (data) => messages.push(String(data)))
      const after = random() < 0.7 ? random() * 600 : undefined
      let timer: NodeJS.Timeout | undefined
      createInterface(child.stdout).on('line', (line) => {
        if (line !== 'open') next = Number(line.slice('done '.length)) + 1
        else if (after !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), after)
      })
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
        child.once('close', (exit, by) => resolve([exit, by])),
      )
      clearTimeout(timer)
      if (signal === 'SIGKILL') kills++
      else if (code !== 0) {
        failures++
        return
      }
      most = Math.max(most, (await store.usage()).total)
    }
  }
  await Promise.all(Array.from({ length: PROCESSES }, runOne))
  expect(messages.join('')).toBe('')
  expect(failures).toBe(0)

  // One more build, undisturbed: whatever the killed ones have left does not count against it.
  const { files, digest } = variants[0]!
  expect((await build({ context: memoryContext(files), store })).image.digest).toBe(digest)
  await enforceCap(store)
  expect((await store.usage()).total).toBeLessThanOrEqual(CAP)
  expect((await verifyStore(store)).faults).toEqual([])
  store.close()
  // What the dead have claimed, and nobody has wanted since, goes when the store is opened again.
  const reopened = await openStore(dir)
  expect(readdirSync(join(dir, 'locks'))).toEqual([])
  reopened.close()
  console.log(
    `store: ${PROCESSES} processes, ${PROCESSES * builds} builds, ${kills} killed, at most ${most} bytes at the end of a process, cap ${CAP}, seed ${seed}`,
  )
})
