import { reachable } from './graph.js'
import { normalizePlatform } from './platform.js'
import type { Session, StageRegistry, StageState } from './state.js'
import type { ImageConfig, ResolvedBase, ResolvedBuild, ResolvedStage } from './types.js'

/** Labels of the caller, and the platform that was asked for, on the image of the target. */
export function finishTarget({ options, target: wanted, implicitTarget }: Session, target: StageState): void {
  if (options.labels && options.labels.size > 0) {
    const labels: Record<string, string> = Object.assign(Object.create(null), target.image.config.Labels)
    for (const [key, value] of options.labels) labels[key] = value
    target.image.config.Labels = labels
  }
  const { os, architecture, variant } = target.image
  let platform = { os, architecture, ...(variant ? { variant } : {}) }
  if (!implicitTarget) {
    const same = os === wanted.os && architecture === wanted.architecture
    const kept = wanted.variant || (same ? variant : undefined)
    platform = { os: wanted.os, architecture: wanted.architecture, ...(kept ? { variant: kept } : {}) }
  }
  const { variant: _, ...image } = target.image
  target.image = { ...image, ...(platform.os === '' && platform.architecture === '' ? platform : normalizePlatform(platform)) }
}

/** The stages that the target needs, as plain data. */
export function buildResult({
  registry,
  target,
  session,
}: {
  registry: StageRegistry
  target: StageState
  session: Session
}): ResolvedBuild {
  const needed = reachable(target)
  const stages = registry.states.filter((state) => state.stage && needed.has(state)).map((state) => stageResult(session, state))
  return {
    stages,
    target: target.index,
    warnings: session.lint.warnings,
    ...(session.epoch === undefined ? {} : { sourceDateEpoch: session.epoch }),
  }
}

function stageResult(session: Session, state: StageState): ResolvedStage {
  const base: ResolvedBase = state.base ? { kind: 'stage', stage: state.base.index } : state.resolvedBase
  const sources = [...(state.base ? [state.base] : []), ...state.dependencies.keys()]
  const needs = [...new Set(sources.filter((source) => source.stage).map(({ index }) => index))].sort((a, b) => a - b)
  return {
    index: state.index,
    name: state.stage?.name ?? '',
    base,
    platform: state.platform ?? session.target,
    steps: state.steps,
    image: withoutEmpty(state.image),
    needs,
  }
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)

/** An image config says nothing of what is empty: no `User` for `USER ""`, no `Cmd` for `CMD []`. */
function withoutEmpty(image: ImageConfig): ImageConfig {
  const entries = Object.entries(image.config).filter(([, value]) => value !== null && !isEmpty(value))
  return { ...image, config: Object.fromEntries(entries) }
}
