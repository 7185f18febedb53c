import {
  formatPlatform,
  type Platform,
  type ResolvedBuild,
  type ResolvedSource,
  type ResolvedStage,
  type ResolvedStep,
} from '@layerwright/dockerfile'
import type { StepInfo } from '../types.js'

/** A step of the graph as plain data: what it is, and which steps' results it needs. */
export interface PlannedStep {
  readonly info: StepInfo
  readonly platform: Platform
  /** In front of ids and tips where several platforms are built. */
  readonly prefix: string
  /** Step whose tree this one works on; undefined for a stage's first on scratch or on an image. */
  readonly parent: string | undefined
  /** Ids of all steps that have to be done before: the parent, and the last steps of stages that it copies or mounts from. */
  readonly needs: readonly string[]
  readonly stage: ResolvedStage
  readonly step: ResolvedStep
  readonly build: ResolvedBuild
}

/** A target: the image of its stage is what the build gives. */
export interface PlannedTarget {
  readonly platform: Platform
  readonly build: ResolvedBuild
  readonly stage: ResolvedStage
  readonly tip: Tip
}

/** What a stage ends with: a step, or the base it did not change. */
export type Tip = { readonly kind: 'step'; readonly id: string } | { readonly kind: 'base'; readonly stage: ResolvedStage }

export interface Plan {
  /** Each follows what it needs. */
  readonly steps: readonly PlannedStep[]
  readonly targets: readonly PlannedTarget[]
  /** The tip of every stage, by `tipKey`. */
  readonly tips: ReadonlyMap<string, Tip>
}

export const tipKey = (build: ResolvedBuild, stage: number, prefix: string): string => `${prefix}${stage}@${build.target}`

/** Makes the graph of one or more resolved builds (one per platform). Pure. */
export function makePlan(builds: readonly { readonly platform: Platform; readonly build: ResolvedBuild }[]): Plan {
  const steps: PlannedStep[] = []
  const targets: PlannedTarget[] = []
  const tips = new Map<string, Tip>()
  for (const { platform, build } of builds) {
    const prefix = builds.length > 1 ? `${formatPlatform(platform)} ` : ''
    for (const stage of build.stages) {
      let tip: Tip = stage.base.kind === 'stage' ? tips.get(tipKey(build, stage.base.stage, prefix))! : { kind: 'base', stage }
      stage.steps.forEach((step, i) => {
        const id = `${prefix}${stage.index}.${i + 1}` // two stages may share a name, never an index
        const parent = tip.kind === 'step' ? tip.id : undefined
        const needs = new Set(parent ? [parent] : [])
        for (const from of sourcesOf(step)) {
          if (from.kind !== 'stage') continue
          const other = tips.get(tipKey(build, from.stage, prefix))
          if (other?.kind === 'step') needs.add(other.id)
        }
        const info: StepInfo = {
          id,
          stage: stageLabel(stage, build),
          number: i + 1,
          of: stage.steps.length,
          instruction: step.display,
          startLine: step.startLine,
          endLine: step.endLine,
        }
        steps.push({ info, platform, prefix, parent, needs: [...needs], stage, step, build })
        tip = { kind: 'step', id }
      })
      tips.set(tipKey(build, stage.index, prefix), tip)
    }
    const stage = build.stages.find(({ index }) => index === build.target)!
    targets.push({ platform, build, stage, tip: tips.get(tipKey(build, stage.index, prefix))! })
  }
  return { steps, targets, tips }
}

/** A stage's name; `stage-N` for one without where there are several, as the reference shows it. */
export const stageLabel = ({ name, index }: ResolvedStage, build: ResolvedBuild): string =>
  name || (build.stages.length > 1 ? `stage-${index}` : '')

/** Everything a step takes files from. */
export function sourcesOf(step: ResolvedStep): ResolvedSource[] {
  if (step.kind === 'copy' || step.kind === 'add') return [step.from]
  if (step.kind === 'run') return step.mounts.flatMap((mount) => (mount.from ? [mount.from] : []))
  return []
}
