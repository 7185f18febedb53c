/** Telling whoever wants to know which names the walks of a view go through. The walker itself tells, so it is neither more nor less than what was looked at. */
import type { FileSystem } from '../types.js'
import { ViewFileSystem } from './filesystem.js'
import type { SeenName } from './resolve.js'

/** A name that walks went through: the same object whenever they come to it. */
export class WalkedName implements SeenName {
  /** Its real path: absolute and free of links. */
  readonly path: string
  /** The watcher's own, 0 at first: what it wants to remember of this name. */
  notes = 0
  readonly #watch: NameWatch
  #below: Map<string, WalkedName> | undefined

  constructor(watch: NameWatch, path: string) {
    this.#watch = watch
    this.path = path
  }

  child(name: string): WalkedName {
    this.#below ??= new Map()
    let child = this.#below.get(name)
    if (!child) {
      child = new WalkedName(this.#watch, this.path === '/' ? `/${name}` : `${this.path}/${name}`)
      this.#below.set(name, child)
      this.#watch.onName(child)
    }
    this.#watch.last = child
    return child
  }

  reached(): void {
    this.#watch.last = this
  }
}

/** Hears of the names that the walks of a view go through, missing ones and links among them, each once. */
export class NameWatch {
  readonly onName: (name: WalkedName) => void
  readonly root: WalkedName
  /** Where the last walk ended: at what its path leads to, or at the name that is not there or is no directory. */
  last: WalkedName

  constructor(onName: (name: WalkedName) => void) {
    this.onName = onName
    this.root = new WalkedName(this, '/')
    this.last = this.root
  }

  /** The same filesystem, watched; `undefined` where it is no view that `mountView`, `createOverlay` or `snapshotView` made. */
  over(filesystem: FileSystem): FileSystem | undefined {
    const root = ViewFileSystem.rootOf(filesystem)
    return root && new ViewFileSystem({ ...root, seen: this.root })
  }
}
