// @ts-check
/** What one scenario runs in: a fresh store, an engine over it, an empty host folder, and the names that the corpus gives to what has none. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '@layerwright/container'
import { nodeHost } from '@layerwright/container/node'
import { openStore } from '@layerwright/store/node'

/** @typedef {import('@layerwright/container').ContainerEngine} ContainerEngine */

export class World {
  /** Set by `open`. @type {import('@layerwright/store').MaintainedStore} */
  store = /** @type {any} */ (undefined)
  /** Set by `open`. @type {ContainerEngine} */
  engine = /** @type {any} */ (undefined)
  host
  executor
  /** Names of anonymous volumes, and what the corpus calls them. @type {Map<string, string>} */
  labels = new Map()

  /** @param {string} folder empty @param {import('@layerwright/executor').Executor} executor */
  constructor(folder, executor) {
    this.host = join(folder, 'host')
    this.folder = folder
    this.executor = executor
    mkdirSync(this.host, { mode: 0o755 })
  }

  async open() {
    this.store = await openStore(join(this.folder, 'store'), { fsync: false })
    this.reopen()
  }

  /** Another engine over the same store, as another process would have. */
  reopen() {
    this.engine = openEngine({ store: this.store, executor: async () => this.executor, host: nodeHost() })
  }

  /** @param {string} name */
  container(name) {
    return this.engine.containers.get(name)
  }

  /** A volume as a step names it. @param {any} volume @returns {string} */
  volume(volume) {
    const label =
      typeof volume === 'string' ? volume : volume.target === undefined ? `<anon:${volume.of}>` : `<anon:${volume.of}:${volume.target}>`
    for (const [name, known] of this.labels) if (known === label) return name
    return label
  }

  /** What the corpus calls a volume. @param {string} name */
  called(name) {
    return this.labels.get(name) ?? name
  }

  /** Gives the new anonymous volumes of a container their names. @param {string} container */
  async name(container) {
    const { Mounts, Name } = await (await this.container(container)).inspect()
    for (const { Type, Name: volume, Destination } of Mounts) {
      if (Type !== 'volume' || volume === undefined || !/^[0-9a-f]{64}$/.test(volume) || this.labels.has(volume)) continue
      this.labels.set(volume, `<anon:${Name.slice(1)}:${Destination}>`)
    }
  }
}
