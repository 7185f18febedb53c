type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** Rows for which there is room at first: few layers are smaller, and a guess that is far too high is not believed. */
const FEWEST = 64
const MOST = 64 * 1024

/** The columns that every row has, in memory that doubles when it is full: no object and no number on the heap for a row. */
export class GrowingColumns {
  kinds: Uint8Array
  modes: Uint16Array
  uids: Uint32Array
  gids: Uint32Array
  seconds: Float64Array
  nanos: Uint32Array
  sizes: Float64Array
  offsets: Float64Array
  #room: number

  constructor(expected: number) {
    const room = Math.min(Math.max(Math.ceil(expected), FEWEST), MOST)
    this.#room = room
    this.kinds = new Uint8Array(room)
    this.modes = new Uint16Array(room)
    this.uids = new Uint32Array(room)
    this.gids = new Uint32Array(room)
    this.seconds = new Float64Array(room)
    this.nanos = new Uint32Array(room)
    this.sizes = new Float64Array(room)
    this.offsets = new Float64Array(room)
  }

  /** Makes room for a row. */
  reserve(row: number): void {
    if (row < this.#room) return
    this.#room *= 2
    this.kinds = grown(this.kinds, this.#room)
    this.modes = grown(this.modes, this.#room)
    this.uids = grown(this.uids, this.#room)
    this.gids = grown(this.gids, this.#room)
    this.seconds = grown(this.seconds, this.#room)
    this.nanos = grown(this.nanos, this.#room)
    this.sizes = grown(this.sizes, this.#room)
    this.offsets = grown(this.offsets, this.#room)
  }

  /** The columns, as long as they are; in the order that `place` names, if it is given. */
  finish(count: number, place: Uint32Array | undefined) {
    const { kinds, modes, uids, gids, seconds, nanos, sizes, offsets } = this
    return {
      kinds: ordered(kinds, count, place),
      modes: ordered(modes, count, place),
      uids: ordered(uids, count, place),
      gids: ordered(gids, count, place),
      seconds: ordered(seconds, count, place),
      nanos: ordered(nanos, count, place),
      sizes: ordered(sizes, count, place),
      offsets: ordered(offsets, count, place),
    }
  }
}

function make<T extends Column>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length)
}

export function grown<T extends Column>(column: T, room: number): T {
  const larger = make(column, room)
  larger.set(column)
  return larger
}

function ordered<T extends Column>(column: T, count: number, place: Uint32Array | undefined): T {
  // An index lives long, and much room behind it would with it.
  if (!place) return (count > 0.75 * column.length ? column.subarray(0, count) : column.slice(0, count)) as T
  const out = make(column, count)
  for (let i = 0; i < count; i++) out[i] = column[place[i]!]!
  return out
}
