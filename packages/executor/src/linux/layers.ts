/** Lower layers as folders: extracted when one is first needed, once per layer, and shared by all processes of the user. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import { applyLayer, type Layer, layerSnapshot } from '@layerwright/layer'
import { emptySnapshot, type LayerChange, type Snapshot, upperChanges, walk } from '@layerwright/vfs'
import { type ExtractOptions, extractOnce } from './extract.js'
import { markUsed, noteSize } from './prune.js'
import { LAYER_FOLDERS, processMark } from './run-folder.js'

/** For names: several executors of one process may share a folder. */
let scratches = 0

export class LayerFolders {
  readonly #folder: string
  readonly #options: ExtractOptions
  readonly #running = new Map<string, Promise<void>>()

  /** @param folder made where it is missing, for this user alone: what lies in it may be setuid */
  constructor(folder: string, options: ExtractOptions) {
    this.#folder = join(folder, LAYER_FOLDERS[options.ids.kind])
    this.#options = options
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  /** Folders whose overlay is the tree of `layers`; lowest first, none twice. */
  async lowers(layers: readonly Layer[], signal: AbortSignal | undefined): Promise<string[]> {
    const folders: string[] = []
    let chain = ''
    for (const [index, layer] of layers.entries()) {
      chain = sha256(`${chain} ${layer.diffId}`)
      const alone = this.#place(layer.diffId)
      if (!markUsed(alone)) {
        if (standsAlone(layer)) await this.#extract(alone, () => changesOf(layer), signal)
        else {
          const folder = this.#place(chain)
          await this.#extract(folder, () => changesOver(layers.slice(0, index), layer), signal)
          folders.push(folder)
          continue
        }
      }
      // The same layer twice: the upper one has everything that the lower one had. The kernel refuses a folder that comes twice.
      const twice = folders.indexOf(alone)
      if (twice >= 0) folders.splice(twice, 1)
      folders.push(alone)
    }
    return folders
  }

  #place(digest: string): string {
    return join(this.#folder, digest.slice(digest.indexOf(':') + 1))
  }

  async #extract(folder: string, changes: () => Iterable<LayerChange>, signal: AbortSignal | undefined): Promise<void> {
    if (markUsed(folder)) return
    let running = this.#running.get(folder)
    if (!running) {
      const scratch = join(this.#folder, `.${processMark()}-${scratches++}`)
      running = extractOnce(measured(changes(), folder), folder, scratch, this.#options).finally(() => this.#running.delete(folder))
      this.#running.set(folder, running)
    }
    await running
    signal?.throwIfAborted()
  }
}

/** Notes how large the files are that pass. */
function* measured(changes: Iterable<LayerChange>, folder: string): Generator<LayerChange> {
  let bytes = 0
  for (const change of changes) {
    if (change.inode?.type === 'file') bytes += change.inode.content.size
    yield change
  }
  noteSize(folder, bytes)
}

/**
 * Whether a layer means the same over whatever lies below it, as a folder too: every directory that it reaches into has an entry of its own
 * (a folder says what its directories are like), its hard links stay inside, and it makes nothing anew where it takes something away.
 */
function standsAlone({ index }: Layer): boolean {
  const { count } = index.columns
  const directories = new Set([''])
  const taken = new Set<string>()
  for (let i = 0; i < count; i++) {
    const { kind, path } = index.row(i)
    if (kind === 'opaque') return false
    if (kind !== 'whiteout') taken.add(path)
    if (kind === 'dir') directories.add(path)
  }
  for (let i = 0; i < count; i++) {
    const { kind, path, target } = index.row(i)
    const slash = path.lastIndexOf('/')
    if (!directories.has(slash < 0 ? '' : path.slice(0, slash))) return false
    if (kind === 'whiteout' && taken.has(path)) return false
    if (kind === 'hardlink' && !taken.has(target ?? '')) return false
  }
  return true
}

function* changesOf(layer: Layer): Generator<LayerChange> {
  yield* walk(layerSnapshot([layer]))
  const { count } = layer.index.columns
  for (let i = 0; i < count; i++) {
    const { kind, path } = layer.index.row(i)
    if (kind === 'whiteout') yield { path, inode: null }
  }
}

function changesOver(below: readonly Layer[], layer: Layer): LayerChange[] {
  const lower: Snapshot = below.length === 0 ? emptySnapshot() : layerSnapshot(below)
  return upperChanges(lower, applyLayer(lower, layer))
}
