/**
 * A build with RUN steps, killed with SIGKILL at random instants: nothing of it is left on the machine, and the next build is the one that
 * an undisturbed process makes. `KILLS` is how many: few by default, 50 in CI; KILL_SEED repeats a run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@layerwright/store/node'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../support/tools.js'
import { bundle } from './bundle.js'

const DEFAULT_KILLS = 3
const kills = Number(process.env.KILLS || DEFAULT_KILLS)
const seed = process.env.KILL_SEED ? Number(process.env.KILL_SEED) : Math.floor(Math.random() * 2 ** 31)

const DOCKERFILE = `
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
FROM base AS left
RUN mkdir /left && for i in 1 2 3 4 5 6 7 8 9; do echo $i > /left/$i; done; sleep 0.1
RUN rm /left/3 && chmod 600 /left/4 && ln /left/5 /left/link && chown 7:8 /left/6; sleep 0.1
FROM base
COPY --from=left /left /left
RUN --mount=type=cache,target=/cache echo more >> /cache/file; rm -r /left && mkdir /left && sleep 0.1
RUN sleep 0.1 & head -c 3000000 /dev/zero > /zeros && wait
`

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('builds that are killed', 'this is not root')
const ready = isRoot && ['busybox', 'runc'].every((name) => requireTool(name))

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-killed-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Starts a build; its folders are `store` and `sandbox` in `place`. */
function start(place: string): {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly digest: string; readonly took: number }>
} {
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [join(scratch, 'build-once.mjs'), join(scratch, 'context'), join(place, 'store'), join(place, 'sandbox')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let digest = ''
  child.stdout?.on('data', (bytes: Buffer) => {
    digest += bytes.toString()
  })
  return { child, ended: new Promise((resolve) => child.once('close', () => resolve({ digest, took: performance.now() - began }))) }
}

const list = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Processes that work in a folder, or in whose mount namespace it is mounted. */
function processesOf(place: string): string[] {
  return list('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    return ['cmdline', 'mountinfo'].some((file) => {
      try {
        return readFileSync(join('/proc', pid, file), 'utf8').includes(place)
      } catch {
        return false
      }
    })
  })
}

/** Mounts that this process sees, others on the machine have their own. */
const mountsOf = (place: string) =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(place) || /^layerwright /.test(line))

/** The kernel takes a namespace down a moment after its first process has died. */
async function gone(place: string): Promise<string[]> {
  for (let tries = 0; tries < 1200 && processesOf(place).length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 50))
  return processesOf(place)
}

/** Every inode of the extracted layers: a half one would differ. The folders themselves and whiteouts have no time that means anything. */
function layersIn(place: string): string[] {
  const format = '%P %y %m %U %G %s %T@ %n %l\\n'
  const lines = execFileSync('find', [join(place, 'sandbox/layers'), '-mindepth', '1', '-printf', format], { encoding: 'utf8' })
    .split('\n')
    .sort()
  return lines.map((line) => (/^[0-9a-f]{64} d | c \d+ 0 0 0 /.test(line) ? line.replace(/ \d+\.\d+ /, ' ') : line))
}

/** Of builds of this test: others on the machine are at work too, and are killed by their own tests. */
const controlGroups = (builds: ReadonlySet<number | undefined>) =>
  ['.', ...list('/sys/fs/cgroup')]
    .flatMap((name) => list(join('/sys/fs/cgroup', name)))
    .filter((name) => builds.has(Number(/^layerwright-(\d+)\./.exec(name)?.[1])))

describe.skipIf(!ready)('a build that is killed', () => {
  it(
    `leaves nothing behind (${kills} times)`,
    async () => {
      await bundle('build-once.ts', join(scratch, 'build-once.mjs'))
      mkdirSync(join(scratch, 'context'))
      copyFileSync(requireTool('busybox') ?? '', join(scratch, 'context/busybox'))
      writeFileSync(join(scratch, 'context/Dockerfile'), DOCKERFILE)

      // The first fills the machine's caches; the second says how long it takes.
      const undisturbed: { readonly digest: string; readonly took: number; readonly layers: string[] }[] = []
      for (const name of ['first', 'second']) {
        const place = join(scratch, name)
        undisturbed.push({ ...(await start(place).ended), layers: layersIn(place) })
        rmSync(place, { recursive: true, force: true })
      }
      const [first, { digest, took: measured, layers }] = undisturbed as [(typeof undisturbed)[0], (typeof undisturbed)[0]]
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}\n$/)
      expect([first.digest, first.layers]).toEqual([digest, layers])

      const fractions = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: kills, seed })
      const builds = new Set<number | undefined>()
      let took = measured
      let landed = 0
      for (const [i, fraction] of fractions.entries()) {
        const instant = fraction * took
        const place = join(scratch, `kill-${i}`)
        const { child, ended } = start(place)
        builds.add(child.pid)
        await new Promise((resolve) => setTimeout(resolve, instant))
        const lands = child.exitCode === null && child.kill('SIGKILL')
        const { took: lasted } = await ended
        const when = `seed ${seed}, kill ${i} after ${instant.toFixed(0)} of ${took.toFixed(0)} ms`
        if (lands) landed++
        // It ended undisturbed: the machine has become faster since the measurement.
        else took = lasted
        expect(await gone(place), `processes, ${when}`).toEqual([])
        expect(mountsOf(place), `mounts, ${when}`).toEqual([])

        const store = await openStore(join(place, 'store'))
        expect(await store.verify(), `the store, ${when}`).toEqual([])
        store.close()

        const again = start(place)
        builds.add(again.child.pid)
        const next = await again.ended
        expect(next.digest, `the next build, ${when}`).toBe(digest)
        expect(layersIn(place), `layers, ${when}`).toEqual(layers)
        expect(list(join(place, 'sandbox/runs')), `folders of runs, ${when}`).toEqual([])
        rmSync(place, { recursive: true, force: true })
      }
      console.log(`killed: ${landed} of ${kills} before the end of ${took.toFixed(0)} ms, seed ${seed}`)
      expect(landed).toBeGreaterThanOrEqual(Math.floor(kills * 0.8))
      expect(controlGroups(builds)).toEqual([])
    },
    180_000 + kills * 30_000,
  )
})
