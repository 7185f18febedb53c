/** Inodes to columns and back. */
import { type AttributesInit, type Content, deviceInode, dirInode, fifoInode, fileInode, type Inode, symlinkInode } from '@layerwright/vfs'
import type { InodeRows } from './messages.js'

export const INODE_TYPES: readonly Inode['type'][] = ['file', 'dir', 'symlink', 'fifo', 'char', 'block']
const NUMBER_OF = new Map(INODE_TYPES.map((type, number) => [type, number]))

type Rare = { -readonly [K in 'targets' | 'devices' | 'xattrs' | 'times']: InodeRows[K][number][] }

/** Gathers inodes; the entries of directories are somebody else's. */
export class RowWriter {
  readonly #types: number[] = []
  readonly #modes: number[] = []
  readonly #uids: number[] = []
  readonly #gids: number[] = []
  readonly #mtimes: bigint[] = []
  readonly #contents: number[] = []
  readonly #rare: Rare = { targets: [], devices: [], xattrs: [], times: [] }

  get count(): number {
    return this.#types.length
  }

  /** Gives its row. `content`: the number of a file's content. */
  add(inode: Inode, content = 0): number {
    const row = this.#types.push(NUMBER_OF.get(inode.type)!) - 1
    this.#modes.push(inode.mode)
    this.#uids.push(inode.uid)
    this.#gids.push(inode.gid)
    this.#mtimes.push(inode.mtimeNs)
    this.#contents.push(content)
    if (inode.mtimeNs !== BigInt.asIntN(64, inode.mtimeNs)) this.#rare.times.push([row, inode.mtimeNs])
    if (inode.xattrs) this.#rare.xattrs.push([row, inode.xattrs])
    if (inode.type === 'symlink') this.#rare.targets.push([row, inode.target])
    else if ('major' in inode) this.#rare.devices.push([row, inode.major, inode.minor])
    return row
  }

  finish(): InodeRows {
    return {
      types: new Uint8Array(this.#types),
      modes: new Uint16Array(this.#modes),
      uids: new Uint32Array(this.#uids),
      gids: new Uint32Array(this.#gids),
      mtimes: new BigInt64Array(this.#mtimes),
      contents: new Uint32Array(this.#contents),
      ...this.#rare,
    }
  }
}

/** The inodes again, each a new one. `entries` is asked for those of each directory in turn, with what was made before it. */
export function readRows(
  rows: InodeRows,
  contentOf: (number: number) => Content,
  entries: (made: readonly Inode[]) => ReadonlyMap<string, Inode> = () => new Map(),
): Inode[] {
  const targets = new Map(rows.targets)
  const devices = new Map(rows.devices.map(([row, ...numbers]) => [row, numbers]))
  const xattrs = new Map(rows.xattrs)
  const times = new Map(rows.times)
  const inodes: Inode[] = new Array(rows.types.length)
  for (let row = 0; row < inodes.length; row++) {
    const attributes: AttributesInit = {
      mode: rows.modes[row]!,
      uid: rows.uids[row]!,
      gid: rows.gids[row]!,
      mtimeNs: times.size > 0 ? (times.get(row) ?? rows.mtimes[row]!) : rows.mtimes[row]!,
      xattrs: xattrs.size > 0 ? xattrs.get(row) : undefined,
    }
    inodes[row] = inodeOf(row, attributes)
  }
  return inodes

  function inodeOf(row: number, attributes: AttributesInit): Inode {
    const type = INODE_TYPES[rows.types[row]!]!
    switch (type) {
      case 'file':
        return fileInode(contentOf(rows.contents[row]!), attributes)
      case 'dir':
        return dirInode(entries(inodes), attributes)
      case 'symlink':
        return symlinkInode(targets.get(row) ?? '', attributes)
      case 'fifo':
        return fifoInode(attributes)
      default: {
        const [major = 0, minor = 0] = devices.get(row) ?? []
        return deviceInode(type, major, minor, attributes)
      }
    }
  }
}

/** The buffers of columns, to be handed over. */
export const buffersOf = (columns: object): ArrayBuffer[] =>
  Object.values(columns).flatMap((column) => (ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : []))
