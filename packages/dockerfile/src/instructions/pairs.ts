import type { DockerfileNode } from '../parse/types.js'
import { atLeastOneArgument, blankName } from './faults.js'
import { readFlags } from './flags.js'
import { baseOf, descriptionsIn, textArguments } from './request.js'
import type { ArgInstruction, ArgPair, EnvInstruction, KeyValue, LabelInstruction } from './types.js'

function readPairs(node: DockerfileNode, name: string): KeyValue[] {
  readFlags(node.flags)
  const args = textArguments(node)
  if (args.length === 0) throw atLeastOneArgument(name)
  const pairs: KeyValue[] = []
  for (let i = 0; i < args.length; i += 3) {
    const key = args[i]!
    if (key === '') throw blankName(name)
    pairs.push({ key, value: args[i + 1]!, legacy: args[i + 2] === '' })
  }
  return pairs
}

export function readEnv(node: DockerfileNode): EnvInstruction {
  return { name: 'ENV', ...baseOf(node), pairs: readPairs(node, 'ENV') }
}

export function readLabel(node: DockerfileNode): LabelInstruction {
  return { name: 'LABEL', ...baseOf(node), pairs: readPairs(node, 'LABEL') }
}

/** ARG never looks at its flags: they are dropped without a word, as in the reference. */
export function readArg(node: DockerfileNode): ArgInstruction {
  const words = textArguments(node)
  if (words.length === 0) throw atLeastOneArgument('ARG')
  const describe = descriptionsIn(node.comments)
  const args = words.map((word): ArgPair => {
    const equals = word.indexOf('=')
    if (equals === 0) throw blankName('ARG')
    const key = equals < 0 ? word : word.slice(0, equals)
    return { key, value: equals < 0 ? null : word.slice(equals + 1), doc: describe(key) }
  })
  return { name: 'ARG', ...baseOf(node), args }
}
