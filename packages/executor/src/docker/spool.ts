/** Archives on their way to and from an engine lie in files of one scratch folder: they may be larger than memory. */
import { closeSync, createReadStream, createWriteStream, lstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type WrittenLayer, writeLayer } from '@layerwright/layer'
import type { Content, LayerChange } from '@layerwright/vfs'
import { hostContent } from '@layerwright/vfs/node'

export interface Spooled {
  readonly content: Content
  stream(): Readable
}

export class Spool {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layerwright-docker-'))
  #files = 0

  /** A tar of `changes`; names are relative to its root. */
  async write(changes: Iterable<LayerChange>): Promise<Spooled & WrittenLayer> {
    const path = this.#next()
    const file = openSync(path, 'wx', 0o600)
    try {
      const written = await writeLayer(changes, (bytes) => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      })
      return { ...written, ...spooled(path) }
    } finally {
      closeSync(file)
    }
  }

  /** What an engine sends. */
  async receive(stream: NodeJS.ReadableStream): Promise<Spooled> {
    const path = this.#next()
    await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    return spooled(path)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #next(): string {
    return join(this.#folder, String(this.#files++))
  }
}

const spooled = (path: string): Spooled => ({
  content: hostContent(path, lstatSync(path, { bigint: true })),
  stream: () => createReadStream(path),
})
