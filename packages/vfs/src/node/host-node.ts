/** A place in a host folder, and the bytes of a file there. */
import { type BigIntStats, constants, fstatSync, openSync } from 'node:fs'
import { factsOf, HostContent, READ_FLAGS } from './host-content.js'
import type { HostRoot } from './rooted.js'

export interface HostNode {
  readonly root: HostRoot
  /** Names from the root down to the node; none for the root itself. */
  readonly parts: readonly string[]
  readonly stat: BigIntStats
}

/** The bytes of a file in a host folder: each reading walks to it again, component by component. */
export class NodeContent extends HostContent {
  readonly #node: HostNode

  constructor(node: HostNode) {
    const { size, mtimeMs } = factsOf(node.parts.length === 0 ? node.root.stat() : node.stat)
    super(size, mtimeMs)
    this.#node = node
  }

  /** Whether an open file is the one that these bytes come from. */
  isOpenAs(fd: number): boolean {
    const [open, own] = [fstatSync(fd, { bigint: true }), this.#node.stat]
    return open.ino === own.ino && open.dev === own.dev
  }

  get path(): string {
    return [this.#node.root.path, ...this.#node.parts].join('/')
  }

  protected open(): number {
    const { root, parts } = this.#node
    if (parts.length === 0) return openSync(root.self, READ_FLAGS & ~(constants.O_NOFOLLOW ?? 0))
    return root.at(parts.slice(0, -1), parts.at(-1)!, (path) => openSync(path, READ_FLAGS))
  }
}
