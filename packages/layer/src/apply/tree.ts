import { type Attributes, type Content, type DirInode, deviceInode, fifoInode, fileInode, type Inode, symlinkInode } from '@layerwright/vfs'
import { KIND_OF, ROW_KINDS } from '../columns/builder.js'
import { mtimeOf } from '../columns/index.js'
import { LayerError } from '../errors.js'
import type { Layer, LayerColumns } from '../types.js'
import { contentOf } from './content.js'

/**
 * A directory of a layer's own tree: the tree that unpacking this layer alone into an empty folder gives, with its whiteouts beside it.
 * Layers are merged by names afterwards, so whiteouts act on the lower only, wherever in the tar they stand.
 */
export interface OwnDir {
  /** undefined: the layer does not speak of the directory itself, only of what is in it. */
  attributes: Attributes | undefined
  readonly entries: Map<string, OwnNode>
  readonly whiteouts: Set<string>
  opaque: boolean
  /** It is here only to hold whiteouts: where the lower has no such directory, there is none. */
  ghost: boolean
  /** What it is when nothing lies below it: made once, so that two snapshots share it. */
  alone: DirInode | undefined
}

/** A hard link to something that only a lower layer has. */
export interface LowerLink {
  readonly link: string
  /** Path of the link itself, for messages. */
  readonly path: string
}

export type OwnNode = OwnDir | LowerLink | Exclude<Inode, DirInode>

export const isOwnDir = (node: OwnNode | undefined): node is OwnDir => node !== undefined && 'whiteouts' in node
export const isLowerLink = (node: OwnNode | undefined): node is LowerLink => node !== undefined && 'link' in node

const newDir = (ghost: boolean): OwnDir => ({
  attributes: undefined,
  entries: new Map(),
  whiteouts: new Set(),
  opaque: false,
  ghost,
  alone: undefined,
})

/** As many links as Linux follows. */
const MAX_LINKS = 40

const trees = new WeakMap<Layer, OwnDir>()

/** The layer's own tree; made once per layer. @throws LayerError */
export function ownTree(layer: Layer): OwnDir {
  const known = trees.get(layer)
  if (known) return known
  const tree = treeOf(layer.index.columns, (row) => contentOf(layer, row))
  trees.set(layer, tree)
  return tree
}

/** The tree that rows in the order of their tar make. @throws LayerError */
export function treeOf(columns: LayerColumns, content: (row: number) => Content): OwnDir {
  return new TreeBuilder(columns, content).build()
}

class TreeBuilder {
  readonly #columns: LayerColumns
  readonly #content: (row: number) => Content
  readonly #root = newDir(false)
  /** The directory of the row before: rows of one directory mostly stand together. Forgotten whenever something is replaced (S6). */
  #lastParent = ''
  #lastDir: OwnDir | undefined

  constructor(columns: LayerColumns, content: (row: number) => Content) {
    this.#columns = columns
    this.#content = content
  }

  build(): OwnDir {
    const { count, order } = this.#columns
    for (let i = 0; i < count; i++) this.#add(order ? order[i]! : i)
    return this.#root
  }

  #add(row: number): void {
    const kind = this.#columns.kinds[row]!
    const path = this.#columns.paths[row]!
    if (kind === KIND_OF.opaque) {
      const dir = this.#namedDir(path)
      if (dir) dir.opaque = true
      return
    }
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    const name = path.slice(slash + 1)
    if (kind === KIND_OF.whiteout) {
      this.#namedDir(parent)?.whiteouts.add(name)
      return
    }
    if (path === '') {
      this.#root.attributes = this.#attributes(row)
      return
    }
    const dir = parent === this.#lastParent && this.#lastDir ? this.#lastDir : this.#resolve(parent, path)
    const there = dir.entries.get(name)
    if (kind === KIND_OF.dir) {
      const own = isOwnDir(there) ? there : newDir(false)
      own.attributes = this.#attributes(row)
      own.ghost = false
      if (own !== there) this.#put(dir, name, own)
    } else this.#put(dir, name, this.#node(row, path))
    // A replaced directory, or a link where one was, may change what a path means.
    if (there) this.#lastDir = undefined
    else {
      this.#lastDir = dir
      this.#lastParent = parent
    }
  }

  #put(dir: OwnDir, name: string, node: OwnNode): void {
    dir.entries.set(name, node)
  }

  #attributes(row: number): Attributes {
    const { modes, uids, gids, xattrs } = this.#columns
    return { mode: modes[row]!, uid: uids[row]!, gid: gids[row]!, mtimeNs: mtimeOf(this.#columns, row), xattrs: xattrs.get(row) }
  }

  #node(row: number, path: string): OwnNode {
    const attributes = this.#attributes(row)
    switch (ROW_KINDS[this.#columns.kinds[row]!]) {
      case 'file':
        return fileInode(this.#content(row), attributes)
      case 'symlink':
        return symlinkInode(this.#columns.targets.get(row) ?? '', attributes)
      case 'hardlink':
        return this.#linked(this.#columns.targets.get(row) ?? '', path)
      case 'fifo':
        return fifoInode(attributes)
      default: {
        const [major, minor] = this.#columns.devices.get(row) ?? [0, 0]
        return deviceInode(this.#columns.kinds[row] === KIND_OF.char ? 'char' : 'block', major, minor, attributes)
      }
    }
  }

  /** S7: the target is resolved once, from the root, to an entry that exists; that very node is used. */
  #linked(target: string, path: string): OwnNode {
    const slash = target.lastIndexOf('/')
    const dir = this.#find(slash < 0 ? '' : target.slice(0, slash))
    const node = dir?.entries.get(target.slice(slash + 1))
    if (!node) return { link: target, path }
    if (isOwnDir(node)) throw new LayerError('LAYER_LINK_TARGET', path, `it is a hard link to the directory ${JSON.stringify(target)}`)
    return node
  }

  /** A directory by its names alone, made where it is missing; undefined where something else lies there (S13: whiteouts act on names). */
  #namedDir(path: string): OwnDir | undefined {
    let dir = this.#root
    if (path === '') return dir
    for (const name of path.split('/')) {
      const next = dir.entries.get(name)
      if (next && !isOwnDir(next)) return undefined
      if (next) dir = next
      else {
        const made = newDir(true)
        dir.entries.set(name, made)
        dir = made
      }
    }
    return dir
  }

  /** The directory that a member's parent is: links of this layer are followed inside the root, what is missing is made (S2, S3). */
  #resolve(path: string, member: string): OwnDir {
    const dir = this.#walk(path, member, true)
    return dir ?? this.#root
  }

  /** The same, but nothing is made. */
  #find(path: string): OwnDir | undefined {
    return this.#walk(path, path, false)
  }

  #walk(path: string, member: string, make: boolean): OwnDir | undefined {
    const stack: OwnDir[] = [this.#root]
    const pending = path === '' ? [] : path.split('/').reverse()
    let links = 0
    while (pending.length > 0) {
      const name = pending.pop()!
      if (name === '' || name === '.') continue
      if (name === '..') {
        if (stack.length > 1) stack.pop()
        continue
      }
      const dir = stack[stack.length - 1]!
      const next = dir.entries.get(name)
      if (isOwnDir(next)) {
        if (make) next.ghost = false
        stack.push(next)
      } else if (next === undefined) {
        if (!make) return undefined
        const made = newDir(false)
        dir.entries.set(name, made)
        stack.push(made)
      } else if (!isLowerLink(next) && next.type === 'symlink') {
        if (++links > MAX_LINKS) throw new LayerError('LAYER_SYMLINK_LOOP', member, `more than ${MAX_LINKS} symlinks lead to it`)
        if (next.target.startsWith('/')) stack.length = 1
        for (const part of next.target.split('/').reverse()) pending.push(part)
      } else {
        if (!make) return undefined
        throw new LayerError('LAYER_PARENT_NOT_DIRECTORY', member, `${JSON.stringify(name)} on its way is no directory`)
      }
    }
    return stack[stack.length - 1]
  }
}
