import type { Platform, ResolvedSource } from '@layerwright/dockerfile'
import type { ExecResult, Executor } from '@layerwright/executor'
import type { Decompress } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import type { LayerChange, Snapshot } from '@layerwright/vfs'
import type { KeyInputs } from '../cache/key.js'
import type { CacheStrength } from '../cache/options.js'
import type { Trace } from '../cache/trace/recorder.js'
import type { Traceable } from '../cache/trace/records.js'
import type { Root } from '../graph/root.js'
import type { Fetch, GitClient } from '../remote/types.js'
import type { SourceTree } from '../select/sources.js'
import type { TimePolicy } from '../times.js'
import type { RunSettings } from '../types.js'

/** What a step is given: everything frozen, nothing shared that can change (S21). */
export interface StepContext {
  readonly root: Root
  readonly platform: Platform
  readonly times: TimePolicy
  readonly store: Store
  readonly executor: Executor | undefined
  /** Called when a step will be simulated: why, where the executor had a choice. */
  onSimulated(because: string | undefined): void
  /** Called when a step could be traced and will not be: why, where the executor says. */
  onUntraced(because: string | undefined): void
  readonly decompress: Decompress
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly runSettings: RunSettings
  readonly fetch: Fetch
  readonly git: GitClient | undefined
  readonly signal: AbortSignal
  readonly strength: CacheStrength
  /** The tree behind a `--from` or the context. */
  source(from: ResolvedSource): Promise<SourceTree>
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void
  /**
   * Runs a step and writes its layer before its key is known, where no result is to be expected under a key with these inputs: what is written is hashed on the
   * way, so a key that rests on it reads nothing a second time. Absent where nothing may be run.
   */
  readonly ahead: ((inputs: KeyInputs, run: () => Promise<StepChanges>) => Promise<StepChanges | undefined>) | undefined
}

/** A step that knows its key and has not run. */
export interface PreparedStep {
  readonly inputs: KeyInputs
  readonly simulated: boolean
  /** Of a RUN that may be used again where it looks at the same things. */
  readonly traceable?: Traceable
  run(): Promise<StepChanges>
}

export interface StepChanges {
  readonly changes: readonly LayerChange[]
  /** What an unchanged entry is compared with; absent where the layer is written over nothing (`--link`). */
  readonly lower?: Snapshot
  /** The tree with the changes; absent where the layer has to be applied to know it (`--link`). */
  readonly merged?: Snapshot
  /** What it looked at; a text says why that is not known. Absent where nobody asked. */
  readonly trace?: Trace | string
  /** What looking on cost, where that is worth a word. */
  readonly tracing?: ExecResult['tracing']
  /** Called when the changes are stored. */
  readonly release?: () => void
}

/**
 * The inputs that every step has. The platform is only RUN's: what files a step places depends on its root and its sources, so platforms share it.
 */
export async function commonInputs(context: StepContext, instruction: unknown, root: boolean): Promise<Map<string, string>> {
  const { times } = context
  const inputs = new Map([
    ['instruction', JSON.stringify(instruction)],
    ['times', JSON.stringify([times.mode, times.epoch ?? null, times.rewrite])],
  ])
  if (!root) inputs.set('root', 'none')
  else if (context.strength === 'definition') inputs.set('parent', await context.root.chain())
  // Names of --chown are looked up in a tree, but not in one that is no tree yet.
  else inputs.set('root', context.root.empty ? 'scratch' : await context.root.digest())
  return inputs
}
