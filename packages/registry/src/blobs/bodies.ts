import type { Digest } from '@layerwright/digest'
import { RegistryError } from '../errors.js'
import type { HttpRequest } from '../http/transport.js'
import type { Content } from '../types.js'
import { pieceReader } from './chunks.js'

/** The parts of a blob as request bodies, each of which can be asked for again. */
export interface Bodies {
  /** Bytes `[at, at + length)`. @throws RegistryError SIZE_MISMATCH where the content has fewer; for a stream, while it is sent */
  part(at: number, length: number): Promise<NonNullable<HttpRequest['body']>>
  /** Begins to read what will be asked for next. */
  ahead(at: number, length: number): void
  close(): Promise<void>
}

interface Wanted {
  readonly digest: Digest
  readonly size: number
}

/** Parts that are held in memory while they are sent. */
export function heldBodies(content: Content, wanted: Wanted): Bodies {
  const reader = pieceReader(content)
  return {
    async part(at, length) {
      const bytes = await reader.read(at, length)
      if (bytes.length !== length) throw tooShort(wanted, at + bytes.length)
      return bytes
    },
    ahead: reader.ahead,
    close: reader.close,
  }
}

/** Parts that are read while they are sent. `sent` is told how far the blob has got. */
export function streamedBodies(content: Content, wanted: Wanted, sent: (done: number) => void): Bodies {
  return {
    async part(at, length) {
      return {
        size: length,
        async *stream() {
          let done = 0
          // without bounds where it is the whole: that is what verified contents verify
          for await (const chunk of length === content.size ? content.stream() : content.stream(at, at + length)) {
            if (done + chunk.length > length) throw tooShort(wanted, at + done)
            done += chunk.length
            yield chunk
            sent(at + done)
          }
          if (done !== length) throw tooShort(wanted, at + done)
        },
      }
    },
    ahead() {},
    async close() {},
  }
}

const tooShort = ({ digest, size }: Wanted, has: number) =>
  new RegistryError('SIZE_MISMATCH', digest, `Blob ${digest} has another size here than the ${size} of its descriptor (at byte ${has})`, {
    hint: 'the image is damaged; build or import it again',
  })
