import type { Digest } from '@layerwright/digest'
import type { PublishedPort } from '@layerwright/executor'
import { findImage } from '@layerwright/image'
import { commandLine } from './config.js'
import type { EngineContext } from './context.js'
import { InvalidFilterError } from './errors.js'
import { type Filter, hasLabel, matchesName, parseFilters } from './filters.js'
import { withReference } from './images/keep.js'
import { settleIfPossible } from './inspect.js'
import { isOrphan } from './lifecycle/runs.js'
import { withoutOrphan } from './lifecycle/transaction.js'
import type { MountPoint } from './mounts/types.js'
import { listContainers } from './state/records.js'
import type { ContainerRecord, ContainerStatus } from './state/types.js'

/** A line of `ps`. */
export interface ContainerSummary {
  readonly id: string
  readonly name: string
  /** As it was named at create. */
  readonly image: string
  /** Digest of its manifest. */
  readonly imageDigest: Digest
  readonly command: readonly string[]
  /** RFC 3339. */
  readonly created: string
  readonly status: ContainerStatus
  readonly exitCode: number
  /** Those that lead to it now. */
  readonly ports: readonly PublishedPort[]
  readonly labels: Readonly<Record<string, string>>
  readonly mounts: readonly Pick<MountPoint, 'type' | 'name' | 'source' | 'destination'>[]
}

const FILTERS = ['ancestor', 'exited', 'id', 'label', 'name', 'status', 'volume']
const STATUSES: readonly string[] = ['created', 'running', 'exited'] satisfies ContainerStatus[]

/**
 * Containers, the latest first. Filters are `KEY=VALUE`: of several with one key one has to match (of labels all), and of several keys all. `ancestor`: the image, by name or
 * digest, or one that it is built on; `volume`: a volume's name, or where something is mounted; `name`: as for volumes; `id`: its beginning.
 * @throws InvalidFilterError; InvalidReferenceError for what is no image's name
 */
export async function listSummaries(context: EngineContext, filterTexts: readonly string[] = []): Promise<ContainerSummary[]> {
  const filters = parseFilters(filterTexts, FILTERS)
  const strange = filters.find(({ key, value }) => key === 'status' && !STATUSES.includes(value))
  if (strange)
    throw new InvalidFilterError(
      `status=${strange.value}`,
      STATUSES.map((status) => `status=${status}`),
    )
  for (const record of await listContainers(context.store)) if (isOrphan(context, record)) await settleIfPossible(context, record.id)
  const records = (await listContainers(context.store)).map((record) => withoutOrphan(context, record))
  const descends = await descendants(context, records, filters)
  const found = records.filter((record) => FILTERS.every((key) => matches(record, key, valuesOf(filters, key), descends)))
  return found.sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0)).map(summaryOf)
}

const valuesOf = (filters: readonly Filter[], key: string): string[] =>
  filters.filter((filter) => filter.key === key).map(({ value }) => value)

function matches(record: ContainerRecord, key: string, values: readonly string[], descends: ReadonlySet<Digest>): boolean {
  if (values.length === 0) return true
  const { id, name, config, state, mounts, tmpfs } = record
  if (key === 'ancestor') return descends.has(record.image)
  if (key === 'label') return values.every((value) => hasLabel(Object.entries(config.Labels ?? {}), value))
  return values.some((value) => {
    if (key === 'exited') return state.status === 'exited' && String(state.exitCode) === value
    // prefix-ok: hex digits of an id, no path
    if (key === 'id') return id.startsWith(value)
    if (key === 'name') return matchesName(name, value)
    if (key === 'status') return state.status === value
    return mounts.some((mount) => mount.name === value || mount.destination === value) || tmpfs.some(([target]) => target === value)
  })
}

/** The images of these containers that are one of those named by `ancestor`, or have more layers on top of its own. */
async function descendants(context: EngineContext, records: readonly ContainerRecord[], filters: readonly Filter[]): Promise<Set<Digest>> {
  const found = new Set<Digest>()
  for (const reference of valuesOf(filters, 'ancestor')) {
    const ancestor = await withReference(reference, () => findImage(context.store, reference))
    if (!ancestor) continue
    const below = ancestor.config.rootfs.diff_ids
    for (const digest of new Set(records.map(({ image }) => image))) {
      if (digest === ancestor.digest) found.add(digest)
      if (below.length === 0 || found.has(digest)) continue
      const layers = (await findImage(context.store, digest))?.config.rootfs.diff_ids ?? []
      if (layers.length > below.length && below.every((diffId, i) => diffId === layers[i])) found.add(digest)
    }
  }
  return found
}

const summaryOf = ({ id, name, config, created, state, image, mounts }: ContainerRecord): ContainerSummary => ({
  id,
  name,
  image: config.Image,
  imageDigest: image,
  command: commandLine(config),
  created,
  status: state.status,
  exitCode: state.exitCode,
  ports: state.status === 'running' ? (state.ports ?? []) : [],
  labels: config.Labels ?? {},
  mounts: mounts.map(({ type, name, source, destination }) => ({
    type,
    ...(name === undefined ? {} : { name }),
    ...(source === undefined ? {} : { source }),
    destination,
  })),
})
