/**
 * One machine of a fleet: `machine.js FOLDER HOST|- KEEP|FRESH WAIT_MS`. Builds the commits that its parent names, one at a time, and says what each took. With `FRESH` every build begins
 * with an empty store, as on a runner that is made for one job.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { layerForms } from '@layerwright/image'
import { compressors } from '@layerwright/image/node'
import { decompress } from '@layerwright/layer/node'
import { registryArtifacts } from '@layerwright/registry'
import { openRegistry } from '@layerwright/registry/node'
import { openStore } from '@layerwright/store/node'
import { projectExecutor } from './executor.js'
import { contextAt } from './project.js'

/** What one build took. */
export interface BuildSample {
  readonly commit: number
  readonly digest: string
  /** Steps of the build, those that ran, and those whose result came from the registry. */
  readonly steps: number
  readonly ran: number
  readonly shared: number
  /** Bytes of layers that came and went. */
  readonly pulled: number
  readonly pushed: number
  readonly notices: readonly string[]
  readonly wallMs: number
  readonly cpuMs: number
}

async function buildCommit(commit: number, dir: string, host: string, waitMs: number): Promise<BuildSample> {
  const began = [performance.now(), process.cpuUsage()] as const
  const store = await openStore(dir, { fsync: false })
  let pushed = 0
  const notices: string[] = []
  const client = openRegistry({
    onEvent: (event) => {
      if (event.type === 'blob.finished' && event.outcome === 'uploaded') pushed += event.size
    },
  })
  const place = host === '-' ? undefined : registryArtifacts(`${host}/fleet/cache`, client)
  const result = await build({
    context: contextAt(commit),
    store,
    executor: projectExecutor(waitMs),
    decompress,
    ...(place
      ? {
          cacheFrom: [{ place }],
          cacheTo: [{ place, mode: 'max' as const, form: layerForms(store, { compression: 'gzip', compressors }) }],
        }
      : {}),
    onEvent: (event) => {
      if (event.type === 'notice') notices.push(event.message)
    },
  })
  store.close()
  const { user, system } = process.cpuUsage(began[1])
  return {
    commit,
    digest: result.image.digest,
    steps: result.steps.length,
    ran: result.steps.filter(({ outcome }) => outcome === 'ran').length,
    shared: result.shared?.hits ?? 0,
    pulled: result.shared?.bytes ?? 0,
    pushed,
    notices,
    wallMs: performance.now() - began[0],
    cpuMs: (user + system) / 1000,
  }
}

const [folder = '', host = '-', kind, waitMs] = process.argv.slice(2)
process.on('message', async (commit: number) => {
  const dir = join(folder, 'store')
  process.send!(await buildCommit(commit, dir, host, Number(waitMs)))
  if (kind === 'FRESH') rmSync(dir, { recursive: true, force: true })
})
process.send!('ready')
