import type { HistoryEntry, ResolvedStage } from '@layerwright/dockerfile'
import { makeImage } from '@layerwright/image'
import type { PlannedTarget } from './graph/plan.js'
import type { Root } from './graph/root.js'
import type { Images } from './images.js'
import { createdText, type TimePolicy } from './times.js'
import type { BuildOptions, BuiltImage } from './types.js'

/** Marks the history line of a RUN that a simulated shell made (DESIGN, decision 13); `push` looks for it. */
export const SIMULATED_COMMENT = 'layerwright.simulated'

/** The image of a target: the stage's config and history over the layers that were solved. */
export async function assembleImage(
  target: PlannedTarget,
  root: Root,
  images: Images,
  times: TimePolicy,
  options: BuildOptions,
): Promise<BuiltImage> {
  const created = createdText(times, options.clock ?? Date.now)
  const inherited = inheritedHistory(target.stage, target.build.stages, images)
  const simulated = [...root.simulated]
  const history = (target.stage.image.history ?? []).map((entry, i): HistoryEntry => {
    if (i < inherited) return entry
    const marked = !entry.empty_layer && simulated.shift()
    return { created, ...entry, ...(marked ? { comment: `${SIMULATED_COMMENT} ${options.executor?.class ?? ''}`.trim() } : {}) }
  })
  const config = { ...target.stage.image, created, history, config: { ...target.stage.image.config } }
  const image = makeImage({ config, layers: await root.layers(), annotations: Object.fromEntries(options.annotations ?? []) })
  return { target: target.target, platform: image.platform, image, simulated: root.simulated.includes(true) }
}

/** How many history lines come from the base image that a stage ultimately stands on. */
function inheritedHistory(stage: ResolvedStage, stages: readonly ResolvedStage[], images: Images): number {
  let at = stage
  while (at.base.kind === 'stage') {
    const { stage: index } = at.base
    at = stages.find((other) => other.index === index)!
  }
  return at.base.kind === 'image' ? images.historyLength(at.base.id) : 0
}
