import type { BuildEvent, StepInfo, StepReport } from '@layerwright/build'
import { paint } from '../paint.js'
import { oneLine } from '../readable.js'
import { humanBytes } from '../words.js'

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`

/** `[build 2/5]`, with the platform in front where several are built. */
export function stepLabel({ id, stage, number, of }: StepInfo): string {
  const platform = id.includes(' ') ? id.slice(0, id.lastIndexOf(' ') + 1) : ''
  return `[${platform}${stage ? `${stage} ` : ''}${number}/${of}]`
}

/** `CACHED  same inputs as before` */
export function outcomeText(report: StepReport): string {
  const { outcome, durationMs, layer } = report
  const reason = oneLine(report.reason)
  const size = layer ? `  ${layer.entries} ${layer.entries === 1 ? 'entry' : 'entries'}, ${humanBytes(layer.bytes)}` : ''
  if (outcome === 'cached') return `${paint.green('CACHED')}  ${reason}`
  if (outcome === 'ran') return `${paint.blue('RAN')} in ${seconds(durationMs)}  ${reason}${size}`
  return `${paint.red(outcome.toUpperCase())}  ${reason}`
}

/** One line per event, for logs and pipes. Writes to stderr, so that stdout holds results only. */
export function plainProgress(write: (line: string) => void): (event: BuildEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'warning':
        write(`${paint.yellow('WARN')} ${event.warning.rule}: ${event.warning.message} (line ${event.warning.startLine})`)
        break
      case 'notice':
        write(`${paint.yellow('NOTE')} ${event.message}`)
        break
      case 'step.started':
        write(`${paint.bold(stepLabel(event))} ${oneLine(event.instruction)}`)
        break
      case 'step.output':
        for (const line of event.text.replace(/\n$/, '').split('\n')) write(`  ${paint.dim('|')} ${line}`)
        break
      case 'step.finished':
        if (event.outcome === 'cached') write(`${paint.bold(stepLabel(event))} ${oneLine(event.instruction)}`)
        if (event.outcome !== 'skipped') write(`  ${outcomeText(event)}`)
        break
      default:
    }
  }
}
