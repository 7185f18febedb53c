import {
  formatPlatform,
  type Platform,
  type ResolvedBuild,
  type ResolvedSource,
  type ResolvedStage,
  type ResolvedStep,
} from '@layerwright/dockerfile'
import type { StepInfo } from '../types.js'

/** One target for one platform, resolved: what a plan is made of. */
export interface TargetBuild {
  readonly platform: Platform
  /** As it was asked for; undefined: the last stage. */
  readonly target: string | undefined
  readonly build: ResolvedBuild
}

/** A step of the graph as plain data: what it is, and which steps' results it needs. */
export interface PlannedStep {
  readonly info: StepInfo
  readonly platform: Platform
  /** Which of the plan's builds it was first met in: the name space of its stages. */
  readonly scope: number
  /** Step whose tree this one works on; undefined for a stage's first on scratch or on an image. */
  readonly parent: string | undefined
  /** Ids of all steps that have to be done before: the parent, and the last steps of stages that it copies or mounts from. */
  readonly needs: readonly string[]
  readonly stage: ResolvedStage
  readonly step: ResolvedStep
  readonly build: ResolvedBuild
}

/** A target: the image of its stage is what the build gives. */
export interface PlannedTarget extends TargetBuild {
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

export const tipKey = (scope: number, stage: number): string => `${scope}/${stage}`

/**
 * Makes the graph of one or more resolved builds (one per target and platform). A step that several targets have in common is one step. Pure.
 */
export function makePlan(builds: readonly TargetBuild[]): Plan {
  const steps: PlannedStep[] = []
  const targets: PlannedTarget[] = []
  const tips = new Map<string, Tip>()
  /** What a step is and stands on, as text → its id. */
  const known = new Map<string, string>()
  const ids = new Set<string>()
  const prefixes = new Set(builds.map(({ platform }) => formatPlatform(platform))).size > 1
  builds.forEach((wanted, scope) => {
    const { platform, build } = wanted
    const prefix = prefixes ? `${formatPlatform(platform)} ` : ''
    for (const stage of build.stages) {
      let tip: Tip = stage.base.kind === 'stage' ? tips.get(tipKey(scope, stage.base.stage))! : { kind: 'base', stage }
      stage.steps.forEach((step, i) => {
        const parent = tip.kind === 'step' ? tip.id : undefined
        const sources = sourcesOf(step).map((from) => (from.kind === 'stage' ? tips.get(tipKey(scope, from.stage))! : undefined))
        // A single build has no step twice.
        const identity =
          builds.length > 1
            ? JSON.stringify([platform, stage.index, i, parent, tip.kind === 'base' ? tip.stage.base : null, step, sources.map(tipName)])
            : ''
        const same = known.get(identity)
        if (same !== undefined) {
          tip = { kind: 'step', id: same }
          return
        }
        const plain = `${prefix}${stage.index}.${i + 1}` // two stages may share a name, never an index
        // The same place of the file may be another step for another target: its name can be read as an argument.
        const id = ids.has(plain) ? `${plain}@${scope}` : plain
        const needs = new Set(parent ? [parent] : [])
        for (const other of sources) if (other?.kind === 'step') needs.add(other.id)
        const info: StepInfo = {
          id,
          stage: stageLabel(stage, build),
          number: i + 1,
          of: stage.steps.length,
          instruction: step.display,
          startLine: step.startLine,
          endLine: step.endLine,
        }
        steps.push({ info, platform, scope, parent, needs: [...needs], stage, step, build })
        if (identity !== '') known.set(identity, id)
        ids.add(id)
        tip = { kind: 'step', id }
      })
      tips.set(tipKey(scope, stage.index), tip)
    }
    const stage = build.stages.find(({ index }) => index === build.target)!
    targets.push({ ...wanted, stage, tip: tips.get(tipKey(scope, stage.index))! })
  })
  return { steps, targets, tips }
}

const tipName = (tip: Tip | undefined): unknown => (tip === undefined ? null : tip.kind === 'step' ? tip.id : tip.stage.base)

/** A stage's name; `stage-N` for one without where there are several, as the reference shows it. */
export const stageLabel = ({ name, index }: ResolvedStage, build: ResolvedBuild): string =>
  name || (build.stages.length > 1 ? `stage-${index}` : '')

/** Everything a step takes files from. */
export function sourcesOf(step: ResolvedStep): ResolvedSource[] {
  if (step.kind === 'copy' || step.kind === 'add') return [step.from]
  if (step.kind === 'run')
    return step.mounts.flatMap(({ from, type }): ResolvedSource[] => (from ? [from] : type === 'bind' ? [{ kind: 'context' }] : []))
  return []
}
