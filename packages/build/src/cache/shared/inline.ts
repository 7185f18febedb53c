import type { Digest } from '@layerwright/digest'
import { type Descriptor, type Manifest, parseDocument } from '@layerwright/image'
import { CacheEntryRefusedError } from '../../errors.js'
import type { StepRecord } from '../records.js'
import { objectIn, parse } from './documents.js'
import { type CacheEntry, checkRecord, DEFAULT_PRODUCER, travelling } from './format.js'
import type { CacheFrom } from './types.js'

/** Annotation of an image's manifest: the step results that its layers are. */
export const INLINE = 'dev.layerwright.cache.inline'

/**
 * What an image says of its own steps. When they ran is left out, so that the image has the same digest whoever builds it and whenever: such results are
 * older than any `maxAge`.
 */
export function inlineAnnotation(
  diffIds: readonly Digest[],
  steps: readonly { readonly key: Digest; readonly record: StepRecord }[],
): Readonly<Record<string, string>> {
  const inline = steps.flatMap(({ key, record }) => {
    const at = diffIds.indexOf(record.diffId)
    // How results were looked for must not make another image.
    const { traced, ...travels } = travelling(record)
    return at < 0 ? [] : [{ key, at, record: { ...travels, madeAt: 0 } }]
  })
  return { [INLINE]: JSON.stringify({ version: 1, producer: DEFAULT_PRODUCER, steps: inline }) }
}

/** The step results of the image that a place has under `from.image`; none where there is no such image, or it has none. */
export async function inlineEntries({ place, image, producers }: CacheFrom): Promise<ReadonlyMap<Digest, CacheEntry>> {
  const found = new Map<Digest, CacheEntry>()
  const bytes = image === undefined ? undefined : await place.manifest(image)
  if (!bytes) return found
  const document = parseDocument(bytes, `${place.name}:${image}`)
  for (const manifest of 'manifest' in document ? [document.manifest] : await manifestsOf(place, document.index.manifests)) {
    for (const entry of entriesOf(place.name, manifest, producers)) found.set(entry.key, entry)
  }
  return found
}

async function manifestsOf(place: CacheFrom['place'], descriptors: readonly Descriptor[]): Promise<Manifest[]> {
  const manifests: Manifest[] = []
  for (const { digest } of descriptors) {
    const bytes = await place.manifest(digest)
    const document = bytes && parseDocument(bytes, `${place.name}@${digest}`)
    if (document && 'manifest' in document) manifests.push(document.manifest)
  }
  return manifests
}

function entriesOf(place: string, { annotations, layers }: Manifest, producers: readonly string[] | undefined): CacheEntry[] {
  const text = annotations?.[INLINE]
  if (text === undefined) return []
  const { version, producer, steps } = parse(new TextEncoder().encode(text)) ?? {}
  if (version !== 1 || typeof producer !== 'string' || !Array.isArray(steps)) return []
  if (producers && !producers.includes(producer)) return []
  return steps.map((step: unknown): CacheEntry => {
    const { key, at, record } = objectIn(step) ?? {}
    const layer = layers[at as number]
    const checked = checkRecord(objectIn(record), key as Digest)
    if (typeof checked === 'string') throw new CacheEntryRefusedError(place, String(key), checked)
    if (!layer) throw new CacheEntryRefusedError(place, String(key), 'the image has no such layer')
    return { key: key as Digest, record: checked, producer, layer }
  })
}
