import type { DockerfileNode } from '../parse/types.js'
import { goQuote } from '../text/go-quote.js'
import { fault } from './faults.js'
import { readFlags } from './flags.js'
import { fromFlags } from './known-flags.js'
import { baseOf, descriptionsIn, textArguments } from './request.js'
import type { Instruction, Stage } from './types.js'

/** A stage that instructions can be added to. */
export type OpenStage = Stage & { readonly commands: Instruction[] }

/** FROM opens a stage, which has no instructions yet. */
export function readFrom(node: DockerfileNode): OpenStage {
  const args = textArguments(node)
  const name = readStageName(args)
  const flags = readFlags(node.flags, fromFlags)
  return {
    name,
    ...baseOf(node),
    baseName: args[0]!,
    platform: flags.text('platform'),
    doc: descriptionsIn(node.comments)(name),
    commands: [],
  }
}

function readStageName(args: readonly string[]): string {
  if (args.length === 1) return ''
  if (args.length !== 3 || !/^as$/iu.test(args[1]!)) {
    throw fault('BAD_FROM', 'FROM requires either one or three arguments', 'Write FROM image, or FROM image AS name.')
  }
  const name = args[2]!.toLowerCase()
  if (!/^[a-z][a-z0-9\-_.]*$/.test(name)) {
    const message = `invalid name for build stage: ${goQuote(args[2]!)}, name can't start with a number or contain symbols`
    throw fault('BAD_STAGE_NAME', message, 'Use letters, digits, `-`, `_` and `.`, and start with a letter.', { focus: args[2]! })
  }
  return name
}
