import { join } from 'node:path'
import { hexOf, isDigest, sha256 } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { parseDocument } from '../../documents.js'
import { ImageError } from '../../errors.js'
import { ANNOTATION } from '../../media-types.js'
import type { Descriptor } from '../../types.js'
import { checkDigest, verified } from '../../verify.js'
import { fileContent, isFolder, isThere, makeFolder, namesIn, readSmall, writeNewFile } from '../files.js'
import { checkLayoutFile } from '../read/source.js'
import { indexJson, layoutFile } from '../write/index-document.js'
import { lockIndex } from '../write/index-lock.js'
import type { ArtifactPlace } from './types.js'

/**
 * Artifacts by tag in an OCI layout folder, which is made when something is put. Blobs are there as soon as they are put; tags when `flush` is through, each of which adds
 * to what the index holds then: any number of processes may write into one folder.
 * @throws ImageError LAYOUT_INVALID when the folder holds something else
 */
export function layoutArtifacts(dir: string): ArtifactPlace {
  let index: ReadonlyMap<string, Descriptor> | undefined
  const added = new Map<string, Descriptor>()
  const pathOf = (digest: Descriptor['digest']) => join(dir, 'blobs', 'sha256', hexOf(digest))
  const entries = (): ReadonlyMap<string, Descriptor> => {
    index ??= byTag(readEntries(dir))
    return index
  }
  const put = async ({ digest, size }: Pick<Descriptor, 'digest' | 'size'>, content: Content): Promise<void> => {
    const path = pathOf(digest)
    if (fileContent(path)?.size === size) return
    makeFolder(join(dir, 'blobs', 'sha256'))
    await writeNewFile(path, async (file) => {
      for await (const chunk of verified(content, { digest, size }).stream()) file.write(chunk)
    })
  }
  return {
    name: dir,
    async manifest(tag) {
      const descriptor = added.get(tag) ?? entries().get(tag)
      const digest = isDigest(tag) ? tag : descriptor?.digest
      if (!digest || !isThere(pathOf(digest))) return undefined
      const bytes = readSmall(pathOf(digest))
      checkDigest(digest, sha256(bytes))
      return bytes
    },
    blob(descriptor) {
      const content = fileContent(pathOf(descriptor.digest))
      if (!content) throw new ImageError('BLOB_MISSING', descriptor.digest, `${dir} lacks the blob ${descriptor.digest}`)
      return verified(content, descriptor)
    },
    putBlob: put,
    async putManifest(tag, bytes, mediaType) {
      readEntries(dir) // refuses a folder that is something else before anything is written
      const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length }
      await put(descriptor, {
        size: bytes.length,
        async *stream() {
          yield bytes
        },
      })
      added.set(tag, { ...descriptor, annotations: { [ANNOTATION.refName]: tag } })
    },
    async *tags() {
      yield* entries().keys()
    },
    async flush() {
      if (added.size === 0) return
      makeFolder(dir)
      await lockIndex(dir, async () => {
        const kept = readEntries(dir).filter(({ annotations }) => !added.has(annotations?.[ANNOTATION.refName] ?? ''))
        if (!isThere(join(dir, 'oci-layout'))) await writeNewFile(join(dir, 'oci-layout'), (file) => file.write(layoutFile))
        await writeNewFile(join(dir, 'index.json'), (file) => file.write(indexJson([...kept, ...added.values()])))
      })
      index = undefined
      added.clear()
    },
  }
}

/** Entries of the index of a layout; none where there is no folder, or nothing in it. @throws ImageError LAYOUT_INVALID */
function readEntries(dir: string): readonly Descriptor[] {
  if (!isThere(dir)) return []
  if (!isFolder(dir)) throw new ImageError('LAYOUT_INVALID', dir, `${dir} is a file: name a folder for the layout`)
  if (!isThere(join(dir, 'oci-layout'))) {
    // Another process may be making the layout just now.
    const stranger = namesIn(dir).find((name) => !/^(blobs|\.locks|\.(oci-layout|index\.json)\..*\.part)$/.test(name))
    if (stranger === undefined) return []
    throw new ImageError('LAYOUT_INVALID', dir, `${dir} holds "${stranger}" and is no OCI layout: name an empty folder or a layout`)
  }
  checkLayoutFile(readSmall(join(dir, 'oci-layout')), dir)
  return isThere(join(dir, 'index.json')) ? entriesIn(readSmall(join(dir, 'index.json')), dir) : []
}

/** @throws ImageError LAYOUT_INVALID */
export function entriesIn(bytes: Uint8Array, place: string): readonly Descriptor[] {
  const document = parseDocument(bytes, `index.json of ${place}`)
  if (!('index' in document)) throw new ImageError('LAYOUT_INVALID', place, `${place} is no OCI layout: its index.json is no index`)
  return document.index.manifests
}

export const byTag = (entries: readonly Descriptor[]): Map<string, Descriptor> =>
  new Map(
    entries.flatMap((entry) =>
      entry.annotations?.[ANNOTATION.refName] === undefined ? [] : [[entry.annotations[ANNOTATION.refName]!, entry]],
    ),
  )
