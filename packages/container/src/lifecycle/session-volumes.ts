import type { OpenedTree } from '@layerwright/executor'
import { upperChanges } from '@layerwright/vfs'
import { apart, type EngineContext } from '../context.js'
import { readVolume } from '../state/records.js'
import { type LiveTree, sameTree } from '../state/trees.js'
import type { ContainerRecord } from '../state/types.js'
import { applyToVolume } from '../volumes/apply.js'
import { holdVolume, leaveVolume, openVolume } from '../volumes/live.js'
import { saveVolume } from '../volumes/tree.js'

/** Names of the volumes that a container mounts. */
export const volumesOf = ({ mounts }: ContainerRecord): string[] => [
  ...new Set(mounts.flatMap(({ name }) => (name === undefined ? [] : [name]))),
]

/** The volumes of one operation on one container, opened under their locks: trees, which are saved, and folders, which are closed. */
export class SessionVolumes {
  readonly #context: EngineContext
  readonly #beside: boolean
  readonly #trees = new Map<string, LiveTree>()
  readonly #folders = new Map<string, OpenedTree>()

  /** @param beside without the locks: nothing is saved */
  constructor(context: EngineContext, beside: boolean) {
    this.#context = context
    this.#beside = beside
  }

  /** Those that are trees. */
  get trees(): IterableIterator<LiveTree> {
    return this.#trees.values()
  }

  /** @throws NoSuchVolumeError */
  async open(name: string): Promise<LiveTree | OpenedTree> {
    const known = this.#trees.get(name) ?? this.#folders.get(name)
    if (known) return known
    const { tree, folder } = await openVolume(this.#context, name, { beside: this.#beside })
    if (tree) this.#trees.set(name, tree)
    else this.#folders.set(name, folder)
    return tree ?? folder
  }

  /** Shares them with other containers for a run that begins, as far as its executor can. */
  async share(container: ContainerRecord): Promise<void> {
    for (const name of volumesOf(container)) {
      const folder = await holdVolume(this.#context, name, container)
      if (folder) this.#folders.set(name, folder)
    }
  }

  /**
   * Before saving what was done without the locks: where others saved the same volume meanwhile, or share it now, what was changed here is done to what they left.
   * Of two that wrote one path, the one that ends last wins.
   */
  async catchUp(): Promise<void> {
    for (const [name, tree] of this.#trees) {
      if (!(await readVolume(this.#context.store, name))) continue
      const present = await openVolume(apart(this.#context), name)
      if (present.tree && sameTree(present.tree.ref, tree.ref)) continue
      applyToVolume(present.tree ?? present.folder, upperChanges(tree.saved, tree.overlay.freeze()))
      if (present.tree) this.#trees.set(name, present.tree)
      else {
        this.#trees.delete(name)
        present.folder.close()
      }
    }
  }

  /** Writes the trees back. */
  async save(): Promise<void> {
    for (const [name, tree] of this.#trees) await saveVolume(this.#context, name, tree)
  }

  /** The container does not run: its folders are the others'. */
  async leave(container: ContainerRecord): Promise<void> {
    for (const name of volumesOf(container)) await leaveVolume(this.#context, name, container.id)
  }

  /** @returns whether there was one */
  closeFolders(): boolean {
    const were = this.#folders.size > 0
    for (const folder of this.#folders.values()) folder.close()
    this.#folders.clear()
    return were
  }

  /** The trees are opened again from the store by who wants them next. */
  forget(): void {
    for (const name of this.#trees.keys()) this.#context.volumes.delete(name)
  }
}
