/**
 * The same random operations on our overlay and on the kernel's overlayfs: errno by errno, then the merged tree, then the layer
 * that the upper directory stands for, then hard links. Needs root and mount(2); elsewhere it is left out with a word, in CI that
 * is a failure. LAYERWRIGHT_KERNEL_SEQUENCES and LAYERWRIGHT_KERNEL_SEED choose how much and which.
 */
import { spawnSync } from 'node:child_process'
import * as host from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyChanges, createOverlay, type FileSystem, type Overlay, type Snapshot, walk } from '@layerwright/vfs'
import { errnoCases, errnoFixture } from '@layerwright/vfs/testing'
import { setAttributeSync } from '@napi-rs/xattr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inCI, leaveOut } from '../../../test/support/tools.js'
import { Counts } from './kernel/counts.js'
import { FAULTS } from './kernel/faults.js'
import { canMountOverlay, codeOf, KernelFileSystem, mountOverlay, unmount } from './kernel/filesystem.js'
import { describeStep, LOWER, LOWER_XATTRS, random, randomStep } from './kernel/steps.js'
import { describeTree, kernelLayer, linkGroups, ourLayer, readTree, upperOf } from './kernel/trees.js'

/** The one count: how many sequences are compared. What is asked of the shares below follows from it. */
const SEQUENCES = Number(process.env.LAYERWRIGHT_KERNEL_SEQUENCES ?? (inCI ? 2000 : 60))
const FIRST_SEED = Number(process.env.LAYERWRIGHT_KERNEL_SEED ?? 1)
const OPERATIONS = 50
/** Sequences after which a broken rule must have been found. */
const TO_FIND_A_FAULT = 60

const scratch = host.mkdtempSync(join(tmpdir(), 'lw-kernel-'))
afterAll(() => host.rmSync(scratch, { recursive: true, force: true }))

describe('the errno table is the kernel', () => {
  // What happens at the root of the host is not the tests' to try, and a prefix makes other paths too long.
  for (const [what, code, run] of errnoCases.filter(([name]) => !/root|long path|empty path/.test(name))) {
    it(`${what}: ${code}`, () => {
      const base = host.mkdtempSync(join(scratch, 'errno-'))
      const fs = new KernelFileSystem(base) as unknown as FileSystem
      errnoFixture(
        Object.assign(Object.create(fs) as FileSystem, { mkdir: (path: string) => host.mkdirSync(base + path, { recursive: true }) }),
      )
      expect(codeOf(() => run(fs))).toBe(code)
    })
  }
})

const canMount = canMountOverlay(scratch) || leaveOut('comparison with overlayfs', 'it needs root and mount(2)')

describe.skipIf(!canMount)('against overlayfs', () => {
  const lowerDir = join(scratch, 'lower')
  let lower: Snapshot
  let lowerPaths: string[]
  beforeAll(() => {
    host.mkdirSync(lowerDir)
    expect(spawnSync('sh', ['-c', LOWER], { cwd: lowerDir }).status).toBe(0)
    for (const [path, name, value] of LOWER_XATTRS) setAttributeSync(join(lowerDir, path), name, value)
    lower = readTree(lowerDir)
    lowerPaths = pathsOf(lower)
  })

  it(`${SEQUENCES} sequences of ${OPERATIONS} operations, from seed ${FIRST_SEED}`, () => {
    const counts = new Counts()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed++) compare(seed, createOverlay, counts)
    console.log(`seeds ${FIRST_SEED} to ${FIRST_SEED + SEQUENCES - 1}\n${counts}`)
    expect(counts.lower / counts.total).toBeGreaterThanOrEqual(0.4)
    // In CI: each operation a thousand times, each occasion at least a hundred times.
    const scale = SEQUENCES / 2000
    for (const [op, count] of counts.operations) expect(count, op).toBeGreaterThanOrEqual(1000 * scale)
    for (const [occasion, count] of counts.occasions) expect(count, occasion).toBeGreaterThanOrEqual(100 * scale)
  }, 1_500_000)

  it.each(Object.entries(FAULTS))(
    'finds out when it is not so that %s',
    (_, broken) => {
      const counts = new Counts()
      const run = () => {
        for (let seed = 1; seed <= TO_FIND_A_FAULT; seed++) compare(seed, (tree) => broken(createOverlay(tree)), counts)
      }
      expect(run).toThrow(/^seed \d+/)
      console.log(`found after ${counts.total} operations`)
    },
    600_000,
  )

  /** @throws an assertion that begins with the seed */
  function compare(seed: number, make: (lower: Snapshot) => Overlay, counts: Counts): void {
    const dirs = ['upper', 'work', 'merged'].map((name) => join(scratch, name)) as [string, string, string]
    for (const dir of dirs) host.mkdirSync(dir)
    try {
      expect(mountOverlay([lowerDir, ...dirs])).toBe(true)
      run(seed, make(lower), dirs[0], dirs[2], counts)
    } finally {
      unmount(dirs[2])
      for (const dir of dirs) host.rmSync(dir, { recursive: true, force: true })
    }
  }

  function run(seed: number, ours: Overlay, upperDir: string, mergedDir: string, counts: Counts): void {
    const pick = random(seed)
    const kernel = new KernelFileSystem(mergedDir) as unknown as FileSystem
    const log: string[] = []
    let known = lowerPaths
    for (let i = 0; i < OPERATIONS; i++) {
      const step = randomStep(pick, known, lowerPaths)
      const count = counts.watch(step, ours)
      const [theirs, mine] = [codeOf(() => step.run(kernel)), codeOf(() => step.run(ours))]
      count(theirs)
      // Freezing now and then must not be seen in anything.
      if (pick(3) === 0) known = pathsOf(ours.freeze())
      if (known.length === 0) known = lowerPaths
      log.push(`${describeStep(step)} ${theirs}`)
      if (mine !== theirs) expect(mine, `seed ${seed}, step ${i}: ${step.op}\n${log.slice(-6).join('\n')}`).toBe(theirs)
    }
    const at = (what: string) => `seed ${seed}: ${what}\n${log.join('\n')}`
    const merged = ours.freeze()
    expect(describeTree(merged), at('merged tree')).toEqual(describeTree(readTree(mergedDir)))
    expect(ourLayer(ours), at('layer')).toEqual(kernelLayer(lower, upperDir))
    expect(linkGroups(upperOf(ours)), at('hard links')).toEqual(linkGroups(readTree(upperDir)))
    expect(describeTree(applyChanges(lower, ours.changes())), at('layer applied')).toEqual(describeTree(merged))
  }
})

const pathsOf = (tree: Snapshot): string[] => [...walk(tree)].map(({ path }) => `/${path}`).filter((path) => /^\/r\/s\//.test(path))
