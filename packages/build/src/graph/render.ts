import type { BuildGraph, GraphNode } from './data.js'

/** Longest label of a node, in characters: a long RUN would make the picture unreadable. */
const MAX_LABEL = 72

/** A graph in the DOT language of Graphviz; the critical path is drawn bold. */
export function graphToDot(graph: BuildGraph): string {
  const critical = new Set(graph.criticalPath)
  const lines = ['digraph build {', '  rankdir=LR;', '  node [shape=box, fontname="monospace"];']
  for (const node of graph.nodes) {
    const style = [
      ...(node.kind === 'step' ? [] : ['shape=ellipse']),
      ...(critical.has(node.id) ? ['penwidth=2'] : []),
      ...(node.outcome === 'cached' ? ['style=dashed'] : []),
    ]
    lines.push(`  ${dotText(node.id)} [label=${dotText(labelOf(node))}${style.map((one) => `, ${one}`).join('')}];`)
  }
  for (const { from, to, kind } of graph.edges)
    lines.push(`  ${dotText(from)} -> ${dotText(to)}${kind === 'base' ? '' : ` [style=dashed, label="${kind}"]`};`)
  return `${lines.join('\n')}\n}\n`
}

/** A graph in the language of Mermaid (flowchart); the critical path has the class `critical`. */
export function graphToMermaid(graph: BuildGraph): string {
  const names = new Map(graph.nodes.map((node, i) => [node.id, `n${i}`]))
  const lines = ['flowchart LR']
  for (const node of graph.nodes) {
    const text = mermaidText(labelOf(node))
    lines.push(node.kind === 'step' ? `  ${names.get(node.id)}["${text}"]` : `  ${names.get(node.id)}(["${text}"])`)
  }
  for (const { from, to, kind } of graph.edges)
    lines.push(`  ${names.get(from)} ${kind === 'base' ? '-->' : `-. ${kind} .->`} ${names.get(to)}`)
  const critical = graph.criticalPath.map((id) => names.get(id))
  if (critical.length > 0) lines.push('  classDef critical stroke-width:3px', `  class ${critical.join(',')} critical`)
  return `${lines.join('\n')}\n`
}

function labelOf({ kind, label, stage, platform, durationMs, outcome }: GraphNode): string {
  if (kind !== 'step') return [kind === label ? kind : `${kind} ${label}`, platform].filter(Boolean).join(' ')
  const short = label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label
  const cost = outcome === undefined ? '' : ` (${outcome}, ${Math.round(durationMs ?? 0)} ms)`
  return `${stage === '' ? '' : `[${stage}] `}${short.replace(/\s+/g, ' ')}${cost}`
}

/** Quoted for DOT: only quotes and backslashes are special in there. */
const dotText = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** Mermaid reads entities in quoted labels; everything that could end one or be taken for markup is written as such. */
const mermaidText = (text: string): string => text.replace(/["#&<>`]/g, (char) => `#${char.codePointAt(0)};`)
