import type { Digest } from '@layerwright/digest'
import { layerSnapshot, openLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { type Content, lookup, readAll } from '@layerwright/vfs'
import { build } from './build.js'
import { differingFiles } from './cache/explain/files.js'
import { type Instability, UnstableBuildError } from './errors.js'
import type { BuildOptions, BuildResult, StepReport } from './types.js'

/**
 * Whether a build gives the same again: it is built once more, which has to find every step in the cache; and once more without the cache, where each step
 * that is given the same has to give the same bytes. That takes as long as the build itself.
 * @param first what the build gave
 * @throws UnstableBuildError that names each step, and the bytes in which a program wrote down the clock, a random number or the like. @throws as `build`
 */
export async function verifyStable(options: BuildOptions, first: BuildResult): Promise<void> {
  const found: Instability[] = []
  const again = await build({ ...options, noCache: false, cache: { ...options.cache, refresh: [], maxAge: [], explain: true } })
  for (const { id, instruction, outcome, reason } of again.steps) if (outcome !== 'cached') found.push({ id, instruction, reason })
  const fresh = await build({ ...options, noCache: true })
  const before = new Map(first.steps.map((step) => [step.id, step]))
  for (const step of fresh.steps) {
    const old = before.get(step.id)
    // Given other things, it gives other things: that is the fault of a step above.
    if (old && old.key === step.key && old.layer && step.layer && old.layer.diffId !== step.layer.diffId)
      found.push(...(await differences(options.store, step, old.layer.diffId, step.layer.diffId)))
  }
  if (found.length > 0) throw new UnstableBuildError(found)
}

async function differences(store: Store, { id, instruction }: StepReport, before: Digest, now: Digest): Promise<Instability[]> {
  const layers = await Promise.all([before, now].map((diffId) => openLayer(store, diffId)))
  const [old, latest] = layers.map((layer) => layer && layerSnapshot([layer]))
  if (!old || !latest) return [{ id, instruction, reason: 'it gives another layer each time' }]
  const found: Instability[] = []
  for (const { path, change } of await differingFiles(old, latest)) {
    const [a, b] = [lookup(old, path, { follow: false }), lookup(latest, path, { follow: false })]
    const bytes = a?.type === 'file' && b?.type === 'file' ? await firstDifference(a.content, b.content) : undefined
    const reason = bytes ? `byte ${bytes.offset} of ${path}: ${bytes.before}, then ${bytes.now}` : `${path}: another ${change} each time`
    found.push({ id, instruction, reason, path, ...(bytes ? { offset: bytes.offset } : {}) })
  }
  return found
}

/** Where two contents begin to differ, and what stands there: texts quoted, other bytes in hex. */
async function firstDifference(before: Content, now: Content) {
  const [a, b] = await Promise.all([readAll(before), readAll(now)])
  let offset = 0
  while (offset < a.length && offset < b.length && a[offset] === b[offset]) offset++
  if (offset === a.length && offset === b.length) return undefined
  // From the beginning of the word, so that a reader sees a time as a time.
  let from = offset
  while (from > 0 && offset - from < SHOWN && isWord(a[from - 1]!)) from--
  return { offset, before: shown(a.subarray(from, from + 2 * SHOWN)), now: shown(b.subarray(from, from + 2 * SHOWN)) }
}

/** Bytes before and behind the difference that are shown. */
const SHOWN = 24

const isWord = (byte: number): boolean => byte > 0x20 && byte < 0x7f

function shown(bytes: Uint8Array): string {
  const end = bytes.indexOf(0x0a)
  const part = end < 0 ? bytes : bytes.subarray(0, end)
  if (part.every((byte) => byte >= 0x20 && byte < 0x7f)) return JSON.stringify(new TextDecoder().decode(part))
  return Array.from(part.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
