import type { BuildEvent, StepInfo } from '@layerwright/build'
import { createLogUpdate } from 'log-update'
import { paint } from '../paint.js'
import { shorten } from '../words.js'
import { outcomeText, plainProgress, stepLabel } from './plain.js'

const FRAME_MS = 100
const TAIL_LINES = 4
/** Characters that are shown of a text, however narrow the terminal is. */
const LEAST = 8

/** Live progress: finished steps stay as lines, what runs now is redrawn below them with the end of its output. */
export function ttyProgress(stream: NodeJS.WriteStream): { onEvent: (event: BuildEvent) => void; close: () => void } {
  const draw = createLogUpdate(stream)
  const running = new Map<string, { step: StepInfo; since: number; tail: string[] }>()
  const room = (taken: number) => Math.max(LEAST, (stream.columns ?? 80) - taken)
  const print = (line: string) => {
    draw.clear()
    stream.write(`${line}\n`)
    render()
  }
  const plain = plainProgress(print)
  const render = () => {
    const lines = [...running.values()].flatMap(({ step, since, tail }) => {
      const time = ` ${((Date.now() - since) / 1000).toFixed(1)}s`
      const text = shorten(`${stepLabel(step)} ${step.instruction.replaceAll('\n', ' ')}`, room('=> '.length + time.length))
      return [`${paint.cyan('=>')} ${text}${paint.dim(time)}`, ...tail.map((line) => paint.dim(`   ${shorten(line, room(4))}`))]
    })
    if (lines.length > 0) draw(lines.join('\n'))
    else draw.clear()
  }
  const timer = setInterval(render, FRAME_MS)
  timer.unref()
  return {
    onEvent(event) {
      if (event.type === 'step.started') {
        running.set(event.id, { step: event, since: Date.now(), tail: [] })
        render()
      } else if (event.type === 'step.output') {
        const entry = running.get(event.id)
        if (entry) entry.tail = [...entry.tail, ...event.text.replace(/\n$/, '').split('\n')].slice(-TAIL_LINES)
        render()
      } else if (event.type === 'step.finished') {
        running.delete(event.id)
        if (event.outcome !== 'skipped')
          print(`${paint.bold(stepLabel(event))} ${shorten(event.instruction.replaceAll('\n', ' '), room(20))}\n  ${outcomeText(event)}`)
      } else plain(event)
    },
    close() {
      clearInterval(timer)
      draw.clear()
      draw.done()
    },
  }
}
