import type { Digest } from '@layerwright/digest'
import type { Store } from '@layerwright/store'
import type { Root } from '../../graph/root.js'
import { type StepRecord, stepRecord } from '../records.js'

/** One link of the chain that a step stands on. */
type BaseLink = { readonly base: string; readonly digest: Digest | undefined }
type Link = BaseLink | { readonly diffId: Digest; readonly instruction: string }

/**
 * Why the tree under a step is not what it was under an earlier one: the lowest place where the chains differ, in words. Undefined where that is not known
 * any more.
 */
export async function whyRootDiffers(store: Store, earlier: StepRecord, root: Root): Promise<string | undefined> {
  const [before, now] = [await chainOfRecord(store, earlier), chainOfRoot(root)]
  if (!before) return undefined
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    const [old, latest] = [before[i], now[i]]
    if (!old) return latest && 'instruction' in latest ? `\`${latest.instruction}\` came in above it` : undefined
    if (!latest) return 'instruction' in old ? `\`${old.instruction}\` above it is gone` : undefined
    const words = compare(old, latest)
    if (words) return words
  }
  return undefined
}

function compare(old: Link, latest: Link): string | undefined {
  if ('base' in old && 'base' in latest) {
    if (old.base === latest.base && old.digest === latest.digest) return undefined
    return `base image moved from ${baseName(old, latest)} to ${baseName(latest, old)}`
  }
  if ('base' in old || 'base' in latest || old.diffId === latest.diffId) return undefined
  if (old.instruction === latest.instruction) return `\`${latest.instruction}\` above it gave another result`
  return `\`${latest.instruction}\` stands above it in the place of \`${old.instruction}\``
}

/** The name where the names differ, else the digest's beginning. */
const baseName = (one: BaseLink, other: BaseLink): string =>
  one.base === other.base && one.digest ? `${one.base}@${one.digest.slice(0, 'sha256:'.length + 12)}` : one.base

/** Lowest first. */
async function chainOfRecord(store: Store, record: StepRecord): Promise<Link[] | undefined> {
  const links: Link[] = []
  let below = record.below
  while (below && 'key' in below) {
    const step = await stepRecord(store, below.key)
    if (!step) return undefined
    links.unshift({ diffId: step.diffId, instruction: step.instruction })
    below = step.below
  }
  return below ? [{ base: below.base, digest: below.digest }, ...links] : undefined
}

function chainOfRoot(root: Root): Link[] {
  const links: Link[] = []
  let { origin } = root
  while (origin.kind === 'step') {
    links.unshift({ diffId: origin.diffId, instruction: origin.instruction })
    origin = origin.parent.origin
  }
  return [{ base: origin.name, digest: origin.digest }, ...links]
}
