import { gzipSync } from 'node:zlib'
import type { BuildOptions } from '@layerwright/build'
import { textOf } from './project.js'

type Executor = NonNullable<BuildOptions['executor']>
type Overlay = Parameters<Executor['run']>[0]['overlay']

const encoder = new TextEncoder()
/** Modules that `install` leaves, and bytes of each. */
const MODULES = 100
const MODULE_BYTES = 20_000

/**
 * Runs the two programs of the project: `install` works out modules from a lock file, after it has waited for `waitMs` as a package manager waits for its network; `compile` turns
 * sources into compressed ones. The same input gives the same result, on every machine of a fleet.
 */
export const projectExecutor = (waitMs: number): Executor => ({
  class: 'bench/1',
  simulated: false,
  async run({ argv, overlay }) {
    if (argv[0] === 'install') {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      await install(overlay)
    } else if (argv[0] === 'compile') await compile(overlay)
    else return { exitCode: 127 }
    return { exitCode: 0 }
  },
})

async function install(overlay: Overlay): Promise<void> {
  const version = Number(/\d+/.exec(await readText(overlay, '/app/lock'))?.[0] ?? 0)
  overlay.mkdir('/app/modules')
  for (let i = 0; i < MODULES; i++) overlay.writeFile(`/app/modules/m${i}.js`, encoder.encode(textOf(version * 10_000 + i, MODULE_BYTES)))
}

async function compile(overlay: Overlay): Promise<void> {
  overlay.mkdir('/app/out')
  for (const { name } of overlay.readdir('/app/src')) {
    const text = await readText(overlay, `/app/src/${name}`)
    overlay.writeFile(`/app/out/${name}.gz`, new Uint8Array(gzipSync(text, { level: 9 })))
  }
}

const readText = async (overlay: Overlay, path: string): Promise<string> => new TextDecoder().decode(await overlay.readFile(path))
