import { sha256 } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { canonicalJson } from '../../json.js'
import { ANNOTATION, MEDIA } from '../../media-types.js'
import { parseReference } from '../../reference.js'
import type { Descriptor, Image, ImageIndex } from '../../types.js'
import { bytesContent, type ExportOptions, exported, exportForms, type Scratch } from './compressed.js'

export interface LayoutOptions extends ExportOptions {
  /** Tags of the layout, as `org.opencontainers.image.ref.name` has them: written verbatim. */
  readonly refs?: readonly string[]
  /** Image names such as `app:1.0`: the entry gets the full name as containerd and BuildKit write it, and the tag as ref name. */
  readonly names?: readonly string[]
  /** Put into the index over several images; one image alone has none. */
  readonly indexAnnotations?: Readonly<Record<string, string>>
}

/** Everything that a layout is to hold for the given images. */
export interface LayoutContents {
  /** Entries of `index.json`. */
  readonly entries: readonly Descriptor[]
  readonly blobs: readonly (readonly [Descriptor, Content])[]
}

/**
 * One image gives entries that point to its manifest; several (one a platform) are put into an index, and the entries point to that.
 * @throws InvalidReferenceError
 */
export async function layoutContents(images: readonly Image[], options: LayoutOptions, files: Scratch): Promise<LayoutContents> {
  const written = []
  const form = exportForms(options, files)
  for (const image of images) written.push(await exported(image, form))
  const blobs = written.flatMap((one) => one.blobs)
  let target = written[0]?.manifest
  if (written.length > 1) {
    const index: ImageIndex = {
      schemaVersion: 2,
      mediaType: MEDIA.index,
      manifests: written.map((one) => one.manifest),
      ...annotationsOf(options),
    }
    const bytes = canonicalJson(index)
    target = { mediaType: MEDIA.index, digest: sha256(bytes), size: bytes.length }
    blobs.push([target, bytesContent(bytes)])
  }
  if (!target) return { entries: [], blobs: [] }
  const annotated: Record<string, string>[] = [
    ...(options.refs ?? []).map((ref) => ({ [ANNOTATION.refName]: ref })),
    ...(options.names ?? []).map((name) => {
      const reference = parseReference(name)
      return { [ANNOTATION.containerdName]: reference.full, [ANNOTATION.refName]: reference.tag ?? 'latest' }
    }),
  ]
  const entries = annotated.length === 0 ? [target] : annotated.map((annotations): Descriptor => ({ ...target, annotations }))
  return { entries, blobs: unique(blobs) }
}

const annotationsOf = ({ indexAnnotations = {} }: LayoutOptions): Pick<ImageIndex, 'annotations'> =>
  Object.keys(indexAnnotations).length > 0 ? { annotations: indexAnnotations } : {}

function unique(blobs: readonly (readonly [Descriptor, Content])[]): (readonly [Descriptor, Content])[] {
  const byDigest = new Map(blobs.map((blob) => [blob[0].digest, blob]))
  return [...byDigest.values()]
}

export const layoutFile: Uint8Array = canonicalJson({ imageLayoutVersion: '1.0.0' })

export const indexJson = (entries: readonly Descriptor[]): Uint8Array =>
  canonicalJson({ schemaVersion: 2, mediaType: MEDIA.index, manifests: entries })
