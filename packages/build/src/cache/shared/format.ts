/**
 * A step result as an OCI artifact: one manifest, whose first layer is the step's and whose annotations hold the record. docs/scale.md has the format.
 * Everything that comes in is checked here; nothing of it is believed before.
 */
import { type Digest, hexOf, isDigest, sha256 } from '@layerwright/digest'
import { canonicalJson, type Descriptor, MEDIA } from '@layerwright/image'
import { CacheEntryRefusedError } from '../../errors.js'
import { MAX_CACHE_ENTRY_BYTES } from '../../limits.js'
import { isRecordOf, type StepRecord } from '../records.js'
import { descriptorIn, objectIn, parse } from './documents.js'

/** `artifactType` of a step's manifest. */
export const STEP_TYPE = 'application/vnd.layerwright.cache.step.v1+json'
export const PRODUCER = 'dev.layerwright.cache.producer'
const RECORD = 'dev.layerwright.cache.record'
/** The sidecar index of the layer, for who only wants to know what is in it. */
export const INDEX_TYPE = 'application/vnd.layerwright.layer.index.v1'
/** Of a traced result: what its looks were answered, a JSON array of texts. */
export const ANSWERS_TYPE = 'application/vnd.layerwright.cache.answers.v1+json'
export const DEFAULT_PRODUCER = 'layerwright'

const encoder = new TextEncoder()
/** image-spec manifest.md, "Guidance for an Empty Descriptor". */
export const EMPTY_BYTES: Uint8Array = encoder.encode('{}')
export const EMPTY: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  // As the image specification states it: in a browser nothing can be hashed yet while modules load.
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: EMPTY_BYTES.length,
}

/** A step result with the layer as it lies somewhere. */
export interface CacheEntry {
  readonly key: Digest
  readonly record: StepRecord
  readonly producer: string
  readonly layer: Descriptor
  readonly index?: Descriptor | undefined
  readonly answers?: Descriptor | undefined
}

/** The tag of a step in a place; the same everywhere, so one request finds it. */
export const stepTag = (key: Digest): string => `step-${hexOf(key)}`

export const stepOfTag = (tag: string): Digest | undefined => {
  const digest = `sha256:${tag.slice('step-'.length)}`
  return isDigest(digest) && tag === stepTag(digest) ? digest : undefined
}

export function encodeEntry({ record, producer, layer, index, answers }: Omit<CacheEntry, 'key'>): Uint8Array {
  const annotations = { [PRODUCER]: producer, [RECORD]: JSON.stringify(travelling(record)) }
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType: STEP_TYPE,
    config: EMPTY,
    layers: [layer, index, answers].filter((one) => one !== undefined),
    annotations,
  })
}

/**
 * The entry that a manifest is, for a step with this key.
 * @throws CacheEntryRefusedError when it is no such entry, when its inputs do not give the key, or when its producer is not wanted
 */
export function decodeEntry(place: string, key: Digest, bytes: Uint8Array, producers: readonly string[] | undefined): CacheEntry {
  const refuse = (why: string) => new CacheEntryRefusedError(place, key, why)
  if (bytes.length > MAX_CACHE_ENTRY_BYTES) throw refuse(`it has ${bytes.length} bytes, more than ${MAX_CACHE_ENTRY_BYTES}`)
  const manifest = parse(bytes)
  const annotations = objectIn(manifest?.annotations)
  const [layer, ...beside] = (Array.isArray(manifest?.layers) ? manifest.layers : []).map(descriptorIn)
  const [index, answers] = [INDEX_TYPE, ANSWERS_TYPE].map((type) => beside.find((one) => one?.mediaType === type))
  if (manifest?.artifactType !== STEP_TYPE || !layer || beside.some((one) => one !== index && one !== answers))
    throw refuse('it is not the manifest of a step')
  const producer = annotations?.[PRODUCER]
  const record = checkRecord(parse(encoder.encode(String(annotations?.[RECORD]))), key)
  if (typeof record === 'string') throw refuse(record)
  if (typeof producer !== 'string') throw refuse('it does not say who made it')
  if (producers && !producers.includes(producer))
    throw refuse(`it was made by "${producer}", which is not among the producers that are wanted`)
  return { key, record, producer, layer, index, answers }
}

/** What of a record concerns others. Why and on what it was made is the history of one machine. */
export const travelling = ({
  version,
  inputs,
  diffId,
  size,
  entries,
  root,
  simulated,
  madeAt,
  stage,
  instruction,
  traced,
}: StepRecord): StepRecord => ({
  version,
  inputs,
  diffId,
  size,
  entries,
  root,
  simulated,
  madeAt,
  stage,
  instruction,
  ...(traced ? { traced } : {}),
})

/** A record from elsewhere for a key; or what is wrong with it. */
export function checkRecord(value: Record<string, unknown> | undefined, key: Digest): StepRecord | string {
  const { version, inputs, diffId, size, entries, root, simulated, madeAt, stage, instruction, traced } = value ?? {}
  const wellFormed =
    version === 1 &&
    Array.isArray(inputs) &&
    inputs.every((one) => Array.isArray(one) && one.length === 2 && one.every((text) => typeof text === 'string')) &&
    [diffId, root].every((one) => typeof one === 'string' && isDigest(one)) &&
    [size, entries, madeAt].every((one) => Number.isSafeInteger(one) && (one as number) >= 0) &&
    typeof simulated === 'boolean' &&
    [stage, instruction].every((one) => typeof one === 'string') &&
    (traced === undefined || (typeof traced === 'string' && isDigest(traced)))
  if (!wellFormed) return 'its record is of another version, or damaged'
  // only what is known is taken over
  const known = { version, inputs, diffId, size, entries, root, simulated, madeAt, stage, instruction }
  const record = { ...known, ...(traced === undefined ? {} : { traced }) } as StepRecord
  return isRecordOf(key, record) ? record : 'its inputs do not give its key'
}

/** The answers of a traced result from elsewhere: those that its key was made of. @throws what `refuse` makes */
export function checkAnswers(bytes: Uint8Array, { inputs }: StepRecord, refuse: (why: string) => Error): readonly string[] {
  const answers: unknown = parseList(bytes)
  if (!isTexts(answers) || sha256(JSON.stringify(answers)) !== new Map(inputs).get('answers'))
    throw refuse('its answers are not those of its key')
  return answers
}

function parseList(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')
