import type { Content } from '../types.js'

/** Reads a content in pieces of a wanted size; asked for the place behind the last piece, it reads on in the same stream. */
export interface PieceReader {
  /** Bytes `[at, at + length)`, fewer only at the end. In memory of its own. */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** Begins to read what will be asked for next, while the piece before it is on its way. */
  ahead(at: number, length: number): void
  close(): Promise<void>
}

export function pieceReader(content: Content): PieceReader {
  let stream: AsyncIterator<Uint8Array> | undefined
  let position = -1
  let rest: Uint8Array = new Uint8Array(0)
  const close = async () => {
    await stream?.return?.(undefined)
    stream = undefined
    position = -1
  }
  let waiting: { readonly at: number; readonly length: number; readonly bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined
  const none = () => {}
  return {
    async close() {
      await waiting?.bytes.catch(none)
      await close()
    },
    ahead(at, length) {
      waiting = { at, length, bytes: readPiece(at, length) }
      // a failure is told to whoever asks for the piece
      waiting.bytes.catch(none)
    },
    async read(at, length) {
      const before = waiting
      waiting = undefined
      if (before?.at === at && before.length === length) return before.bytes
      // one at a time: they share the stream
      await before?.bytes.catch(none)
      return readPiece(at, length)
    },
  }

  async function readPiece(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (at !== position || !stream) {
      await close()
      // without bounds where it begins at 0: that is what verified contents verify
      stream = (at === 0 ? content.stream() : content.stream(at, content.size))[Symbol.asyncIterator]()
      rest = new Uint8Array(0)
    }
    const piece = new Uint8Array(Math.max(0, Math.min(length, content.size - at)))
    let filled = 0
    while (filled < piece.length) {
      if (rest.length === 0) {
        const { done, value } = await stream.next()
        if (done) break
        rest = value
      }
      const part = rest.subarray(0, piece.length - filled)
      piece.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
    }
    position = at + filled
    // The memory of a chunk may be reused after the next one is asked for, not before.
    if (position === content.size) {
      // asks for the end, where verified contents tell whether all was well
      while (!(await stream.next()).done);
      stream = undefined
    }
    return filled === piece.length ? piece : piece.slice(0, filled)
  }
}
