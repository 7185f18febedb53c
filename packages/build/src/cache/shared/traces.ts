/**
 * What runs of one RUN looked at, as an OCI artifact: one manifest under the key of the RUN without root and variables, with a layer for each trace. What a trace gives is a
 * step result as any other, under a key that its looks and their answers are in: a trace that is wrong leads to no result, or to one that its own key vouches for.
 */
import { type Digest, hexOf, isDigest } from '@layerwright/digest'
import { canonicalJson, type Descriptor, MEDIA } from '@layerwright/image'
import { CacheEntryRefusedError } from '../../errors.js'
import { MAX_CACHE_ENTRY_BYTES, MAX_LOOKS_BYTES, MAX_TRACES } from '../../limits.js'
import { stepKey } from '../key.js'
import type { StepRecord } from '../records.js'
import { isLooksRecord } from '../trace/records.js'
import { descriptorIn, objectIn, parse, readSmall } from './documents.js'
import { EMPTY, PRODUCER } from './format.js'
import type { CachePlace } from './types.js'

const TRACE_TYPE = 'application/vnd.layerwright.cache.trace.v1+json'
const LOOKS_TYPE = 'application/vnd.layerwright.cache.looks.v1+json'
/** Annotation of a trace: the key of the latest result that it gave. */
const LAST = 'dev.layerwright.cache.last'

/** A trace as it lies somewhere. */
export interface SharedTrace {
  readonly looks: Descriptor
  readonly last: Digest
  readonly producer: string
}

export const traceTag = (place: Digest): string => `trace-${hexOf(place)}`

export const placeOfTag = (tag: string): Digest | undefined => {
  const digest = `sha256:${tag.slice('trace-'.length)}`
  return isDigest(digest) && tag === traceTag(digest) ? digest : undefined
}

export const looksDescriptor = (digest: Digest, size: number): Descriptor => ({ mediaType: LOOKS_TYPE, digest, size })

export function encodeTraces(traces: readonly SharedTrace[]): Uint8Array {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType: TRACE_TYPE,
    config: EMPTY,
    layers: traces.map(({ looks, last, producer }) => ({ ...looks, annotations: { [LAST]: last, [PRODUCER]: producer } })),
  })
}

/**
 * The traces that a manifest holds, those of other producers left out.
 * @throws CacheEntryRefusedError when it is no such manifest, or when nobody who is wanted has a trace in it
 */
export function decodeTraces(place: string, key: Digest, bytes: Uint8Array, producers: readonly string[] | undefined): SharedTrace[] {
  const refuse = (why: string) => new CacheEntryRefusedError(place, key, why)
  if (bytes.length > MAX_CACHE_ENTRY_BYTES) throw refuse(`it has ${bytes.length} bytes, more than ${MAX_CACHE_ENTRY_BYTES}`)
  const manifest = parse(bytes)
  const layers = Array.isArray(manifest?.layers) ? manifest.layers : []
  if (manifest?.artifactType !== TRACE_TYPE || layers.length === 0 || layers.length > MAX_TRACES)
    throw refuse('it is not the manifest of traces')
  const traces = layers.map((layer: unknown): SharedTrace => {
    const looks = descriptorIn(layer)
    const annotations = objectIn(objectIn(layer)?.annotations)
    const [last, producer] = [annotations?.[LAST], annotations?.[PRODUCER]]
    if (looks?.mediaType !== LOOKS_TYPE || typeof last !== 'string' || !isDigest(last) || typeof producer !== 'string')
      throw refuse('it has a trace that is damaged')
    return { looks: looksDescriptor(looks.digest, looks.size), last, producer }
  })
  const wanted = traces.filter(({ producer }) => !producers || producers.includes(producer))
  if (wanted.length === 0) throw refuse(`it was made by "${traces[0]!.producer}", which is not among the producers that are wanted`)
  return wanted
}

/** The looks of a trace, as their record. @throws CacheEntryRefusedError, and what the place throws */
export async function readLooks(place: Pick<CachePlace, 'name' | 'blob'>, key: Digest, looks: Descriptor): Promise<Uint8Array> {
  const refuse = (why: string) => new CacheEntryRefusedError(place.name, key, why)
  const bytes = await readSmall(looks, place.blob(looks), MAX_LOOKS_BYTES, refuse)
  if (!isLooksRecord(parse(bytes))) throw refuse('its looks are of another version, or damaged')
  return bytes
}

/** What a traced result is found by: the key of its RUN without what it looked at, and the digest of its looks. Undefined for other results. */
export function traceOf({ inputs }: StepRecord): { readonly place: Digest; readonly looks: Digest } | undefined {
  const own = new Map(inputs)
  const looks = own.get('looks')
  if (looks === undefined || !isDigest(looks)) return undefined
  for (const name of ['env', 'looks', 'answers']) own.delete(name)
  return { place: stepKey(own), looks }
}
