/** Several processes on one store, some of them killed: what was said to be done is done. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEngine } from '@layerwright/container'
import { simulatedShell } from '@layerwright/executor/shell'
import { openStore } from '@layerwright/store/node'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { putImage, textOf } from './fixture.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-processes-'))
const worker = join(base, 'worker.mjs')
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(base, { recursive: true })
})

/** Appends a line to the volume and a file to the layer, over and over, and says each time when it is done. */
const WORKER = `
import { openEngine } from '@layerwright/container'
import { openStore } from '@layerwright/store/node'
const [dir, who, rounds] = process.argv.slice(2)
const engine = openEngine({ store: await openStore(dir), executor: async () => { throw new Error('nothing is run here') } })
const box = await engine.containers.get('box')
for (let round = 0; round < Number(rounds); round++) {
  await box.filesystem((fs) => {
    fs.writeFile('/vol/log', who + '.' + round + '\\n', { flag: 'a' })
    fs.writeFile('/srv/' + who, round + '\\n')
  })
  process.stdout.write(round + '\\n')
}
`
const packages = fileURLToPath(new URL('../../', import.meta.url))

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
          onResolve({ filter: /^@layerwright\/[a-z]+(\/[a-z]+)?$/ }, ({ path }) => {
            const [, name = '', entry = ''] = path.split('/')
            return { path: join(packages, name, 'src', entry, 'index.ts') }
          })
          onResolve({ filter: /^#sha256$/ }, () => ({ path: join(packages, 'digest/src/sha256/node.ts') }))
        },
      },
    ],
  })
})

/** Runs a worker; kills it once it has said so many times that it is done. Gives how often it said so. */
function run(dir: string, who: string, rounds: number, killAfter: number): Promise<number> {
  const child = spawn(process.execPath, [worker, dir, who, String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  let done = 0
  child.stdout.on('data', (bytes: Buffer) => {
    done += bytes.toString().split('\n').length - 1
    if (done >= killAfter) child.kill('SIGKILL')
  })
  return new Promise((resolve) => {
    child.once('exit', () => {
      children.delete(child)
      resolve(done)
    })
  })
}

test('processes share a container and a volume, and one that is killed loses nothing that it said was done', async () => {
  const dir = join(base, 'store')
  const open = async () => openEngine({ store: await openStore(dir), executor: async () => simulatedShell() })
  await putImage(await openStore(dir), 'app')
  const engine = await open()
  const box = await engine.containers.create({ image: 'app', name: 'box', hold: true, volumes: ['vol:/vol'] })
  await box.start()
  const said = await Promise.all([run(dir, 'killed', 1000, 5), run(dir, 'first', 12, 99), run(dir, 'second', 12, 99)])
  expect(said.slice(1)).toEqual([12, 12])
  await (await (await open()).containers.get('box')).filesystem(async (fs) => {
    const lines = (await textOf(fs, '/vol/log')).trim().split('\n')
    const of = (who: string) => lines.filter((line) => line.split('.')[0] === who)
    for (const who of ['first', 'second']) {
      expect(of(who)).toEqual(Array.from({ length: 12 }, (_, round) => `${who}.${round}`))
      expect(await textOf(fs, `/srv/${who}`)).toBe('11\n')
    }
    // the operation that was interrupted may have got through without a word
    expect(of('killed').length).toBeGreaterThanOrEqual(said[0]!)
    expect(of('killed')).toEqual(of('killed').map((_, round) => `killed.${round}`))
  })
  expect(await (await openStore(dir)).verify()).toEqual([])
  await (await (await open()).containers.get('box')).remove({ force: true })
})
