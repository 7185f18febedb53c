import type { Foreseen } from '@layerwright/build'
import { explain, type NodeBuildOptions, plan } from '../../build.js'
import { openWhat, readWhat, type WhatFlags } from '../build-options.js'
import { excerptOf } from '../dockerfile.js'
import { reportError } from '../errors.js'
import { printJson } from '../output.js'
import { paint } from '../paint.js'
import { stepLabel } from '../progress/plain.js'
import { type CommandLike, openUserStore } from '../store.js'

type CacheCommandFlags = WhatFlags & { readonly json?: boolean }

/** `layerwright plan [context]` */
export async function planCommand(place: string, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as CacheCommandFlags
  return withOptions(place, flags, async (options) => {
    const foreseen = await plan(options)
    if (flags.json) return printJson(foreseen)
    for (const step of foreseen.steps)
      console.log(`${outcomeOf(step)}  ${paint.bold(step.id)}  ${step.instruction}\n         ${reasonOf(step)}`)
    for (const { stage, reason } of foreseen.skipped) console.log(`${paint.dim('SKIPPED')}  ${stage}: ${reason}`)
  })
}

/** `layerwright explain STEP [context]` */
export async function explainCommand(id: string, place: string, _flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as CacheCommandFlags
  return withOptions(place, flags, async (options) => {
    const step = await explain(options, id)
    if (flags.json) return printJson(step)
    console.log(`${paint.bold(stepLabel(step))} ${step.instruction}`)
    console.log(`${outcomeOf(step)}  ${reasonOf(step)}`)
    for (const line of detailsOf(step)) console.log(line)
  })
}

async function withOptions(place: string, flags: WhatFlags, work: (options: NodeBuildOptions) => Promise<void>): Promise<number> {
  let source: (() => Promise<Uint8Array | undefined>) | undefined
  try {
    const asked = await readWhat(flags)
    const store = await openUserStore(flags)
    await work(
      await openWhat(place, flags, store, asked, {
        signal: new AbortController().signal,
        onEvent: () => {},
        found: (read) => {
          source = read
        },
      }),
    )
    return 0
  } catch (error) {
    const text = await source?.().catch(() => undefined)
    return reportError(error, text && excerptOf(error, () => text))
  }
}

function outcomeOf({ outcome }: Foreseen): string {
  if (outcome === 'cached') return paint.green('CACHED ')
  return outcome === 'run' ? paint.blue('RUN    ') : paint.yellow('UNKNOWN')
}

const reasonOf = ({ reason, assuming }: Foreseen): string =>
  assuming.length === 0
    ? reason
    : `${reason} (if ${assuming.join(' and ')} ${assuming.length === 1 ? 'changes' : 'change'} what it changed before)`

/** What there is to say beyond the reason. */
function detailsOf({ explanation }: Foreseen): string[] {
  if (!explanation) return []
  const { earlier, causes, hit, strength } = explanation
  const lines: string[] = []
  if (earlier) {
    const made = new Date(earlier.madeAt).toISOString().replace('T', ' ').slice(0, 16)
    lines.push(
      `${hit ? 'made' : 'compared with'}  ${made}: ${earlier.instruction}${earlier.reason ? ` (it ran then because: ${earlier.reason})` : ''}`,
    )
  }
  for (const { input, words, files = [] } of causes) {
    lines.push(`${input}: ${words}`)
    for (const { path, change, lines: count } of files.slice(0, 20))
      lines.push(`  ${change.padEnd(7)} ${path}${count === undefined ? '' : ` (${count} ${count === 1 ? 'line' : 'lines'})`}`)
    if (files.length > 20) lines.push(`  and ${files.length - 20} more; --json has them all`)
  }
  return [...lines, paint.dim(`strength ${strength}, key ${explanation.key}`)]
}
