import { formatPlatform } from '@layerwright/dockerfile'
import type { StepOutcome, StepReport } from '../types.js'
import { criticalPath } from './critical-path.js'
import { type Plan, type PlannedStep, sourcesOf, type Tip, tipKey } from './plan.js'

/** A node of the graph: a step, or something that steps are built on or take files from. */
export interface GraphNode {
  /** A step's id as in events; `context`, `context NAME`, `image NAME` and `scratch` for the others. */
  readonly id: string
  readonly kind: 'step' | 'image' | 'context' | 'scratch'
  /** The instruction, or the name. */
  readonly label: string
  /** `os/architecture`; '' for what is the same on all. */
  readonly platform: string
  /** Stage and lines of a step; '' and 0 for the others. */
  readonly stage: string
  readonly startLine: number
  readonly endLine: number
  /** Of a step that a build has reported. */
  readonly outcome?: StepOutcome
  readonly durationMs?: number
  readonly bytes?: number
}

/** `to` needs `from`: as the tree it works on, as files to copy, or as a mount. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'base' | 'copy' | 'mount'
}

/** A build as plain data. Every node follows what it needs. */
export interface BuildGraph {
  readonly version: 1
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** What was asked for, and the node it ends with. */
  readonly targets: readonly { readonly target: string; readonly platform: string; readonly node: string }[]
  /**
   * Steps, first to last: the chain that takes longest, by the durations of a build that has run, or by the number of steps before. No number of
   * machines makes the build shorter than it.
   */
  readonly criticalPath: readonly string[]
  /** Milliseconds along that chain; 0 before a run. */
  readonly criticalPathMs: number
}

/** The graph of a plan; with `reports`, what each step cost. Pure. */
export function graphData(plan: Plan, contexts: ReadonlySet<string>, reports?: readonly StepReport[]): BuildGraph {
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphEdge>()
  const byId = new Map(reports?.map((report) => [report.id, report]))
  const external = (kind: Exclude<GraphNode['kind'], 'step'>, name: string, platform: string): string => {
    const id = name === '' ? kind : `${kind} ${name}${platform === '' ? '' : ` ${platform}`}`
    if (!nodes.has(id)) nodes.set(id, { id, kind, label: name || kind, platform, stage: '', startLine: 0, endLine: 0 })
    return id
  }
  const baseNode = ({ stage: { base, platform } }: Extract<Tip, { kind: 'base' }>): string => {
    if (base.kind !== 'image') return external('scratch', '', '')
    return contexts.has(base.name) ? external('context', base.name, '') : external('image', base.name, formatPlatform(platform))
  }
  const sourceNode = (step: PlannedStep, from: ReturnType<typeof sourcesOf>[number]): string => {
    if (from.kind === 'context') return external('context', '', '')
    if (from.kind === 'scratch') return external('scratch', '', '')
    if (from.kind === 'stage') return tipNode(plan.tips.get(tipKey(step.scope, from.stage))!)
    return contexts.has(from.name) ? external('context', from.name, '') : external('image', from.name, formatPlatform(from.platform))
  }
  const tipNode = (tip: Tip): string => (tip.kind === 'step' ? tip.id : baseNode(tip))

  for (const planned of plan.steps) {
    const { info, step, stage } = planned
    const froms: GraphEdge[] = [{ from: planned.parent ?? baseNode({ kind: 'base', stage }), to: info.id, kind: 'base' }]
    for (const from of sourcesOf(step)) {
      if (step.kind !== 'run' && step.kind !== 'workdir' && from.kind === 'context' && step.sources.length === 0) continue // only inline files
      froms.push({ from: sourceNode(planned, from), to: info.id, kind: step.kind === 'run' ? 'mount' : 'copy' })
    }
    const report = byId.get(info.id)
    nodes.set(info.id, {
      id: info.id,
      kind: 'step',
      label: info.instruction,
      platform: formatPlatform(planned.platform),
      stage: info.stage,
      startLine: info.startLine,
      endLine: info.endLine,
      ...(report ? { outcome: report.outcome, durationMs: report.durationMs, ...(report.layer ? { bytes: report.layer.bytes } : {}) } : {}),
    })
    for (const edge of froms) edges.set(JSON.stringify(edge), edge)
  }
  const targets = plan.targets.map(({ target, platform, stage, tip }) => ({
    target: target ?? stage.name,
    platform: formatPlatform(platform),
    node: tipNode(tip),
  }))
  const path = criticalPath(plan.steps, (id) => (reports ? (byId.get(id)?.durationMs ?? 0) : 1))
  return {
    version: 1,
    nodes: [...nodes.values()],
    edges: [...edges.values()],
    targets,
    criticalPath: path.steps,
    criticalPathMs: reports ? path.cost : 0,
  }
}
