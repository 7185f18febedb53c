import type { FileSystem } from '@layerwright/vfs'
import { type EngineContext, type LiveContainer, nanoseconds } from '../context.js'
import { keepInMemory, type RuntimeFile, runtimeFiles } from '../engine-files.js'
import { BindSourceMissingError, HostNotAvailableError } from '../errors.js'
import type { HostSource } from '../host.js'
import type { ContainerImage } from '../images/cache.js'
import { type Layout, layOut, type Placed } from '../mounts/layout.js'
import { tmpfsMount } from '../mounts/tmpfs-flag.js'
import type { MountPoint } from '../mounts/types.js'
import { writeContainer } from '../state/records.js'
import { emptyTree, type LiveTree, loadTree, nothing, sameTree, saveTree } from '../state/trees.js'
import type { ContainerRecord, TreeRef } from '../state/types.js'
import { sourceOf } from '../volumes/live.js'
import { hasMain } from './runs.js'
import { SessionVolumes } from './session-volumes.js'

/**
 * One operation on one container: its record, its layer and its volumes, opened under their locks and saved at the end, whether
 * the operation succeeds or not (what a failed command wrote, it wrote).
 */
export class Session {
  readonly context: EngineContext
  record: ContainerRecord
  /** Set by an operation that took the container away: nothing is written back. */
  removed = false
  readonly #live: LiveContainer
  readonly volumes: SessionVolumes
  #changed = false
  #reload = false
  readonly #releases: (() => void)[] = []

  /** @param beside it is opened without its locks, and saves nothing */
  constructor(context: EngineContext, record: ContainerRecord, { beside = false } = {}) {
    this.context = context
    this.volumes = new SessionVolumes(context, beside)
    this.record = record
    const known = context.containers.get(record.id)
    this.#live = known ?? { run: record.state.run, scratch: new Map(), binds: new Map() }
    context.containers.set(record.id, this.#live)
    // Another process may have stopped it, and started it again, since this one looked.
    if (!this.running || this.#live.run !== record.state.run) this.#drop()
  }

  /** Changes the record; written at the end. */
  update(changes: Partial<ContainerRecord>): void {
    this.record = { ...this.record, ...changes }
    this.#changed = true
  }

  get running(): boolean {
    return this.record.state.status === 'running'
  }

  image(): Promise<ContainerImage> {
    return this.context.images.open(this.record.image)
  }

  /** The container's own layer over its image. */
  async upper(): Promise<LiveTree> {
    const known = this.#live.upper
    if (known && sameTree(known.ref, this.record.upper)) return known
    const { lower } = await this.image()
    const owner = { kind: 'container', key: this.record.id }
    const tree = await loadTree(this.context.store, this.record.upper, { lower, now: nanoseconds(this.context), owner })
    this.#live.upper = tree
    return tree
  }

  /**
   * What a process in the container sees: its layer with volumes, binds, tmpfs and the engine's files. Made when the container starts
   * and kept while it runs.
   */
  async view(): Promise<FileSystem> {
    return (await this.layout()).filesystem
  }

  /** The same with its mount table. */
  async layout(): Promise<Layout> {
    const upper = await this.upper()
    const placed = await this.#placed()
    const scratch: LiveTree[] = []
    for (const mount of this.#tmpfsMounts()) {
      const { tree, fresh } = await this.#scratch(mount)
      scratch.push(tree)
      const covers = fresh ? (mode: number | undefined) => this.#dress(tree, mount, mode) : undefined
      placed.push({
        destination: mount.destination,
        source: tree.overlay,
        readonly: !mount.rw,
        noexec: mount.tmpfs?.noexec ?? true,
        // What lies there goes with the main process. Without one, commands find what those before them left.
        ...(this.record.hold ? {} : { scratch: { size: mount.tmpfs?.size } }),
        ...(covers ? { covers } : {}),
      })
    }
    const trees = [upper, ...this.volumes.trees, ...scratch]
    const known = this.#live.view
    if (known && known.trees.length === trees.length && known.trees.every((tree, index) => tree === trees[index])) return known.layout
    const own = new Set(placed.map(({ destination }) => destination))
    for (const file of this.#runtimeFiles()) if (!own.has(file.destination)) placed.push(file)
    const layout = layOut(upper.overlay, placed, this.record.readonlyRootfs)
    this.#live.view = { layout, trees }
    return layout
  }

  /**
   * What copies go through: the layer with volumes and binds, whether the container runs or not. As in the engines that this follows, a
   * tmpfs is not part of it, and a read-only root is refused by the copy itself.
   */
  async copyView(): Promise<FileSystem> {
    const { overlay } = await this.upper()
    const placed = await this.#placed()
    const own = new Set(placed.map(({ destination }) => destination))
    const files = this.running ? this.#runtimeFiles().filter(({ kind, destination }) => kind === 'file' && !own.has(destination)) : []
    return layOut(overlay, [...placed, ...files], false).filesystem
  }

  #runtimeFiles(): readonly RuntimeFile[] {
    this.#live.runtime ??= runtimeFiles(this.record.config.Hostname, this.record.settings?.extraHosts ?? [], nanoseconds(this.context))
    return this.#live.runtime
  }

  /** Volumes and binds, opened. */
  async #placed(): Promise<Placed[]> {
    const placed: Placed[] = []
    const tmpfs = new Set(this.record.tmpfs.map(([target]) => target))
    for (const mount of this.record.mounts) {
      const { destination } = mount
      if (mount.type === 'tmpfs' || tmpfs.has(destination)) continue
      const readonly = !mount.rw
      if (mount.type === 'volume') {
        const volume = await this.volumes.open(mount.name!)
        const subpath = mount.subpath === undefined ? {} : { subpath: mount.subpath }
        placed.push({ destination, readonly, source: sourceOf(volume), name: mount.name!, ...subpath })
      } else {
        const { source, subpath } = await this.#bind(mount)
        placed.push({ destination, readonly, source, ...(subpath === undefined ? {} : { subpath }) })
      }
    }
    return placed
  }

  async #bind(mount: MountPoint): Promise<HostSource> {
    const known = this.#live.binds.get(mount.destination)
    if (known) return known
    const { host } = this.context
    const path = mount.source!
    if (!host) throw new HostNotAvailableError(path)
    if ((await host.kind(path)) === undefined) {
      if (!mount.createSource) throw new BindSourceMissingError(path)
      await host.makeFolder(path)
    }
    const opened = await host.open(path)
    this.#live.binds.set(mount.destination, opened)
    return opened
  }

  #tmpfsMounts(): MountPoint[] {
    const flags = this.record.tmpfs.map(([target, options]) => tmpfsMount(target, options))
    return [...this.record.mounts.filter(({ type }) => type === 'tmpfs'), ...flags]
  }

  async #scratch({ destination, tmpfs }: MountPoint): Promise<{ readonly tree: LiveTree; readonly fresh: boolean }> {
    const saved = this.record.scratch.find(([path]) => path === destination)?.[1]
    const known = this.#live.scratch.get(destination)
    if (known && (!saved || sameTree(known.ref, saved))) return { tree: known, fresh: false }
    const now = nanoseconds(this.context)
    const owner = { kind: 'container', key: this.record.id }
    const tree = await loadTree(this.context.store, saved ?? emptyTree(0o1777), { lower: nothing, now, maxBytes: tmpfs?.size ?? 0, owner })
    this.#live.scratch.set(destination, tree)
    return { tree, fresh: !saved }
  }

  /** A tmpfs has the mode of the directory it covers, unless it was told one; 1777 where the directory had to be made. */
  #dress({ overlay }: LiveTree, { tmpfs }: MountPoint, covered: number | undefined): void {
    const mode = tmpfs?.mode ?? covered
    if (mode !== undefined) overlay.chmod('/', mode)
    if (tmpfs?.uid !== undefined || tmpfs?.gid !== undefined) overlay.chown('/', tmpfs.uid ?? 0, tmpfs.gid ?? 0)
  }

  /** Ends what only lives while the container runs: tmpfs contents, opened binds, the view. */
  release(): void {
    this.#drop()
    this.update({ scratch: [] })
  }

  #drop(): void {
    this.#closeBinds()
    this.#live.scratch.clear()
    delete this.#live.runtime
    this.#live.run = this.record.state.run
  }

  /** Begins a run: what is mounted from now on belongs to it. */
  begin(): void {
    this.update({ state: { ...this.record.state, run: this.record.state.run + 1, error: '' } })
    this.#drop()
  }

  /**
   * What was written refers to bytes outside (host files of a copy): once saved, the trees are opened again from the store, so that nobody
   * reads the outside later.
   */
  reloadAfterSave(): void {
    this.#reload = true
  }

  /**
   * What was written lies in a sandbox's folder: `release` gives that up once everything is saved. The engine's own files are in no record: they
   * are taken into memory.
   */
  async written(release: () => void): Promise<void> {
    this.#releases.push(release)
    this.reloadAfterSave()
    await keepInMemory(this.#runtimeFiles())
  }

  /** Gives up what the sandbox of a process left; saved or not, it is not read any more. */
  releaseWritten(): void {
    for (const release of this.#releases.splice(0)) release()
  }

  /** Writes back what changed: trees first, then the records that name them. */
  async save(): Promise<void> {
    const { store } = this.context
    await this.volumes.save()
    if (!this.running) this.#closeBinds()
    // A main process keeps them; nobody else does, because they may go.
    if (!hasMain(this.record)) {
      this.#closeFolders()
      await this.volumes.leave(this.record)
    }
    if (this.removed) return this.#forget()
    const before = this.record
    if (this.#live.upper) {
      const upper = await saveTree(store, this.#live.upper)
      if (!sameTree(upper, before.upper)) this.update({ upper })
    }
    if (this.running && this.#live.scratch.size > 0) {
      const scratch: [string, TreeRef][] = []
      for (const [destination, tree] of this.#live.scratch) scratch.push([destination, await saveTree(store, tree)])
      if (
        scratch.length !== before.scratch.length ||
        scratch.some(([path, tree], i) => path !== before.scratch[i]?.[0] || !sameTree(tree, before.scratch[i]![1]))
      ) {
        this.update({ scratch })
      }
    }
    if (this.#changed) await writeContainer(store, this.record)
    if (!this.#reload) return
    delete this.#live.upper
    delete this.#live.view
    this.#live.scratch.clear()
    this.volumes.forget()
  }

  #closeBinds(): void {
    for (const bind of this.#live.binds.values()) bind.close()
    this.#live.binds.clear()
    delete this.#live.view
  }

  #closeFolders(): void {
    if (this.volumes.closeFolders()) delete this.#live.view
  }

  #forget(): void {
    this.context.containers.delete(this.record.id)
  }

  /** Something went wrong while saving: what is in memory may be ahead of the store, so it is not used again. */
  discard(): void {
    this.#closeBinds()
    this.#closeFolders()
    this.#forget()
    this.volumes.forget()
  }
}
