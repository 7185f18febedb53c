/**
 * Real applications, built with the real sandbox from bases that are made of what the machine has: that a second build is all cached, that an edit runs only
 * what depends on it, that the tree is buildah's, and that podman, a Docker engine and containerd run the image as it is.
 * These take minutes and the network: in CI always, elsewhere where `REAL_APPLICATIONS` is set.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/ports.mjs'
import { inCI, leaveOut, requireTool } from '../support/tools.js'
import { applications, contextOf } from './support/applications.mjs'
import { makeBases } from './support/bases.mjs'
import { openBuildah } from './support/buildah.mjs'
import { commandLine, layerwright, run } from './support/cli.mjs'
import { type Engine, openEngines } from './support/engines.mjs'
import { writeNpmSettings } from './support/npm-settings.mjs'
import { build, save } from './support/ours.mjs'
import { differences, listTree } from './support/trees.mjs'

const TOOLS = ['debootstrap', 'buildah', 'podman', 'dockerd', 'docker', 'containerd', 'ctr', 'runc', 'busybox']

const wanted =
  (inCI || process.env.REAL_APPLICATIONS !== undefined || leaveOut('real applications', 'they take minutes: set REAL_APPLICATIONS=1')) &&
  (process.getuid?.() === 0 || leaveOut('real applications', 'not root')) &&
  TOOLS.every(requireTool)

/** What buildah leaves in an image of the mounts that it made for RUN; we remove them. */
const BUILDAH_STUBS = new Set(['etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'run'])

const MARK = `layerwright-secret-${Math.random().toString(36).slice(2)}`
const MINUTES = 60_000

const home = mkdtempSync(join(tmpdir(), 'layerwright-real-'))
const buildah = openBuildah(join(home, 'buildah'))
const engines: Engine[] = []
let layouts: Map<string, string>

afterAll(async () => {
  for (const engine of engines) await engine.close()
  if (wanted) await buildah.close()
  rmSync(home, { recursive: true, force: true })
}, 2 * MINUTES)

describe.skipIf(!wanted)('real applications', () => {
  const store = join(home, 'store')
  const settings = join(home, 'npmrc')
  beforeAll(async () => {
    await writeNpmSettings(settings, MARK)
    layouts = await makeBases(home, new Set(applications.flatMap(({ bases }) => bases)))
    await buildah.addBases(layouts)
    engines.push(...(await openEngines(join(home, 'engines'))))
  }, 10 * MINUTES)

  describe.each(applications)('$name: $what', (application) => {
    const { name, edit } = application
    const context = join(home, 'contexts', name)
    const place = () => ({ store, context, layouts, settings })
    beforeAll(() => cpSync(contextOf(name), context, { recursive: true }))

    it('builds; a second build is all cached and the same', { timeout: 10 * MINUTES }, async () => {
      const first = await build(application, place())
      expect(first.steps.filter(({ outcome }) => outcome !== 'ran' && outcome !== 'cached')).toEqual([])
      expect(first.steps.some(({ outcome }) => outcome === 'ran')).toBe(true)
      const second = await build(application, place())
      expect(second.steps.filter(({ outcome }) => outcome !== 'cached')).toEqual([])
      expect(second.digest).toBe(first.digest)
    })

    it('has the tree of the image that buildah builds', { timeout: 10 * MINUTES }, async () => {
      await buildah.build(application, { context, settings })
      const tar = join(home, `${name}.tar`)
      const tree = join(home, `${name}.tree`)
      await build(application, place(), ['-o', `type=tar,dest=${tar}`])
      mkdirSync(tree)
      await run('tar', ['--numeric-owner', '-xf', tar, '-C', tree])
      const ours = await listTree(tree)
      const theirs = await buildah.tree(name, listTree)
      expect(ours.size).toBeGreaterThan(0)
      expect(differences(ours, theirs).filter((path) => !BUILDAH_STUBS.has(path) && !application.clock?.test(path))).toEqual([])
      rmSync(tree, { recursive: true })
      rmSync(tar)
    })

    it('runs under podman, a Docker engine and containerd as it is, and under our own', { timeout: 5 * MINUTES }, async () => {
      const archive = join(home, `${name}.docker.tar`)
      await save(application, store, archive)
      for (const engine of engines) {
        await engine.load(archive)
        const printed = await engine.run(name, application.command, { PORT: String(await freePort()) })
        expect(printed, engine.name).toMatch(application.prints)
      }
      const port = String(await freePort())
      const printed = await layerwright(store, 'run', '--rm', '--executor', 'linux', '-e', `PORT=${port}`, name, ...application.command)
      expect(printed).toMatch(application.prints)
      rmSync(archive)
    })

    it('runs only what depends on a line that was edited', { timeout: 10 * MINUTES }, async () => {
      const file = join(context, edit.file)
      const source = readFileSync(file, 'utf8')
      expect(source).toContain(edit.from)
      writeFileSync(file, source.replace(edit.from, edit.to))
      const { steps } = await build(application, place())
      expect(steps.filter(({ outcome }) => outcome === 'ran').map(({ instruction }) => instruction)).toEqual(edit.runs)
    })
  })

  it('the service answers over HTTP on loopback while it runs', { timeout: MINUTES }, async () => {
    const port = await freePort()
    const [program, args] = commandLine(store, ['run', '--rm', '--executor', 'linux', '-e', `PORT=${port}`, 'web-service'])
    const service = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise((resolve) => service.once('close', resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        service.stdout.once('data', () => resolve())
        service.once('close', (code) => reject(new Error(`the service ended with status ${code}`)))
      })
      const answer = await fetch(`http://127.0.0.1:${port}/?name=layers`)
      expect(await answer.json()).toEqual({ greeting: 'good day, layers', user: 1000 })
    } finally {
      service.kill('SIGTERM')
      await ended
    }
    // the service closes on SIGTERM: the port is free again
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  it('leaves the bytes of the npm settings nowhere in the store', { timeout: MINUTES }, async () => {
    expect(readFileSync(settings, 'utf8')).toContain(MARK)
    expect(await run('sh', ['-c', `grep -rl "$1" "$2" || true`, 'sh', MARK, store])).toBe('')
  })
})
