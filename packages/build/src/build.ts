import { ready } from '@layerwright/digest'
import type { Store, StoreMaintenance } from '@layerwright/store'
import { assembleImage } from './assemble.js'
import { findResult } from './cache/records.js'
import { bringLayers } from './cache/shared/bring.js'
import { inlineAnnotation } from './cache/shared/inline.js'
import { type Build, withSharedCaches } from './cache/shared/with.js'
import { checkOptions } from './check-options.js'
import { BuildCancelledError } from './errors.js'
import { type BuildGraph, graphData } from './graph/data.js'
import type { Root } from './graph/root.js'
import { solve } from './graph/solve.js'
import { openBuild } from './open.js'
import type { BuildOptions, BuildResult, BuiltImage, StepReport } from './types.js'

/**
 * Builds a Dockerfile into one image per target and platform. Everything comes in through `options`; nothing global is read or changed, so builds may
 * run side by side in one process and on one store.
 * @throws DockerfileSyntaxError, ResolveError, WordError and MountError (from @layerwright/dockerfile), IgnoreFileError, BuildError, ExecutorError, StoreError:
 *   each with a stable `code`. A failed or cancelled build leaves the store as it was, but for the results of steps that had finished.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  checkOptions(options)
  await ready()
  const store: Store & Partial<StoreMaintenance> = options.store
  const work = () => withSharedCaches(options, buildAll)
  return store.lease ? store.lease(work) : work()
}

const buildAll: Build = async (options) => {
  if (options.signal?.aborted) throw new BuildCancelledError()
  const opened = await openBuild(options)
  const { plan, warnings } = opened
  const { emit, clock, started } = opened.solve
  for (const warning of warnings) emit?.({ type: 'warning', warning })
  emit?.({ type: 'build.started', steps: plan.steps.map(({ info }) => info) })
  // An executor that has a choice makes it for each step.
  const { executor } = options
  if (executor?.simulated && !executor.choose && plan.steps.some(({ step }) => step.kind === 'run')) opened.solve.onSimulated(undefined)
  const solved = await solve(plan, opened.rootOfStage, opened.solve).finally(() => opened.done())

  const built: BuiltImage[] = []
  for (const target of plan.targets) {
    const root = await opened.rootOfTip(target.tip, solved.root)
    await bringLayers(options.store, await root.diffIds())
    const annotations = options.inlineCache ? await inlineOf(options, root, solved.steps) : options.annotations
    built.push(await assembleImage(target, root, opened.images, opened.times, { ...options, ...(annotations ? { annotations } : {}) }))
  }
  emit?.({ type: 'build.finished', digests: built.map(({ image }) => image.digest), durationMs: clock() - started })
  let graph: BuildGraph | undefined
  return {
    images: built,
    image: built[0]!.image,
    steps: solved.steps,
    warnings,
    get graph() {
      graph ??= graphData(plan, new Set(options.contexts?.keys()), solved.steps)
      return graph
    },
  }
}

async function inlineOf({ store, annotations = new Map() }: BuildOptions, root: Root, steps: readonly StepReport[]) {
  const records = []
  for (const key of new Set(steps.flatMap((step) => step.key ?? []))) {
    const record = await findResult(store, key)
    if (record) records.push({ key, record })
  }
  return new Map([...annotations, ...Object.entries(inlineAnnotation(await root.diffIds(), records))])
}

/**
 * The graph that `build` would solve, as data, without running or reading anything but the Dockerfile, the ignore file and the configs of base images.
 * @throws as `build`, for what is wrong before the first step
 */
export async function planBuild(options: BuildOptions): Promise<BuildGraph> {
  checkOptions(options)
  await ready()
  return graphData((await openBuild(options)).plan, new Set(options.contexts?.keys()))
}
