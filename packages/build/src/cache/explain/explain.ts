import type { Digest } from '@layerwright/digest'
import { layerSnapshot, openLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import type { Snapshot } from '@layerwright/vfs'
import type { PlannedStep } from '../../graph/plan.js'
import type { Root } from '../../graph/root.js'
import type { PreparedStep } from '../../steps/types.js'
import { type Difference, wordsFor } from '../differences.js'
import type { LookUp } from '../look-up.js'
import type { CacheStrength } from '../options.js'
import type { StepRecord } from '../records.js'
import { whyRootDiffers } from './chain.js'
import { differingFiles } from './files.js'
import type { Cause, EarlierStep, Explanation, FileDifference } from './types.js'

export interface Explained {
  readonly step: PlannedStep
  readonly key: Digest
  readonly prepared: PreparedStep
  readonly parent: Root
  readonly strength: CacheStrength
  readonly found: LookUp
  /** What the step puts over its root, where that is known. */
  readonly delta?: () => Promise<Snapshot | undefined>
}

/** All that can be said of a look-up. Reads layers: for those who ask, not for every build. */
export async function explainLookUp(store: Store, explained: Explained): Promise<Explanation> {
  const { step, key, prepared, strength, found } = explained
  const { known, nearest } = found
  const common = { version: 1, step: step.info, strength, key, inputs: [...prepared.inputs], hit: known !== undefined } as const
  if (known) return { ...common, reason: found.reason, earlier: earlierStep(key, known), causes: [] }
  if (!nearest) return { ...common, reason: found.reason, causes: [] }
  const causes: Cause[] = []
  for (const difference of nearest.differences) causes.push(await causeOf(store, explained, nearest.record, difference))
  const merged = mergeSources(causes)
  const reason = found.decided ? found.reason : [...new Set(merged.map(({ words }) => words))].join('; ') || found.reason
  return { ...common, reason, earlier: earlierStep(nearest.key, nearest.record), causes: merged }
}

const earlierStep = (key: Digest, { instruction, madeAt, reason }: StepRecord): EarlierStep => ({
  key,
  instruction,
  madeAt,
  ...(reason === undefined ? {} : { reason }),
})

async function causeOf(store: Store, explained: Explained, before: StepRecord, difference: Difference): Promise<Cause> {
  const { input } = difference
  const sides = {
    ...(difference.before === undefined || difference.hidden ? {} : { before: difference.before }),
    ...(difference.now === undefined || difference.hidden ? {} : { now: difference.now }),
  }
  const plain = { input, ...sides, words: wordsFor(difference, explained.step) }
  if (input === 'instruction' && before.instruction !== explained.step.info.instruction)
    return { ...plain, words: `the instruction changed: it was \`${before.instruction}\`` }
  if (input === 'root' || input === 'parent') {
    const why = await whyRootDiffers(store, before, explained.parent)
    return why ? { ...plain, words: why } : plain
  }
  if (input !== 'sources') return plain
  const files = await filesOf(store, explained, before)
  return files && files.length > 0 ? { ...plain, words: filesInWords(files, explained.step), files } : plain
}

/** Sources are compared one by one, files all at once: one cause is enough. */
function mergeSources(causes: readonly Cause[]): Cause[] {
  const first = causes.findIndex(({ input, files }) => input === 'sources' && files)
  return causes.filter(({ input }, i) => first < 0 || input !== 'sources' || i === first)
}

async function filesOf(store: Store, { delta }: Explained, before: StepRecord): Promise<FileDifference[] | undefined> {
  const layer = await openLayer(store, before.diffId)
  const now = await delta?.()
  return layer && now && differingFiles(layerSnapshot([layer]), now)
}

/** `package.json` changed: 3 lines; … and 4 more. */
function filesInWords(files: readonly FileDifference[], { step }: PlannedStep): string {
  const dest = step.kind === 'copy' || step.kind === 'add' ? step.dest : '/'
  const folder = dest.endsWith('/') ? dest : `${dest}/`
  const named = files.slice(0, SHOWN).map(({ path, change, lines }) => {
    // prefix-ok: it ends in a slash
    const name = path.startsWith(folder) ? path.slice(folder.length) : path
    const count = lines === undefined ? '' : `: ${lines} ${lines === 1 ? 'line' : 'lines'}`
    return `\`${name}\` ${CHANGES[change]}${count}`
  })
  return files.length > SHOWN ? `${named.join('; ')}; and ${files.length - SHOWN} more files` : named.join('; ')
}

/** Files that a sentence names. */
const SHOWN = 3

const CHANGES: Readonly<Record<FileDifference['change'], string>> = {
  new: 'is new',
  gone: 'is gone',
  content: 'changed',
  mode: 'has another mode',
  owner: 'has another owner',
  time: 'has another time',
  type: 'is something else',
}
